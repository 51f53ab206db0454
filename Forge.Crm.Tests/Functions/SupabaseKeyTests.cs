using System.Net;
using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Adapters.Supabase;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Forge.Crm.Tests.Functions;

/// <summary>A project that signs with its own keys: public ones, read from its address.</summary>
public sealed class SupabaseKeyTests : IDisposable
{
    private static readonly Guid Tenant = Guid.CreateVersion7();

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly FakeTimeProvider _clock = new(TimeProvider.System.GetUtcNow());
    private readonly SupabaseTokens _tokens;
    private int _calls;
    private string _keyId = "one";
    private HttpStatusCode _status = HttpStatusCode.OK;

    public SupabaseKeyTests()
    {
        var services = new ServiceCollection();
        services.AddHttpClient(nameof(SupabaseKeys)).ConfigurePrimaryHttpMessageHandler(() => new Answer(Keys));
        var options = Options.Create(new SupabaseAuthOptions { JwksUrl = "https://project.supabase.co/auth/v1/.well-known/jwks.json" });
        var http = services.BuildServiceProvider().GetRequiredService<IHttpClientFactory>();
        _tokens = new(options, new(http, options, _clock, NullLogger<SupabaseKeys>.Instance), _clock);
    }

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_token_signed_with_the_projects_key_is_taken_and_the_key_is_read_once()
    {
        for (var i = 0; i < 3; i++)
            (await CheckAsync(Signed("one")))!.Tenant!.Value.Value.ShouldBe(Tenant);
        _calls.ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_is_not_known_is_looked_for_but_not_for_every_token_of_a_stranger()
    {
        await CheckAsync(Signed("one"));
        for (var i = 0; i < 20; i++)
            (await CheckAsync(Signed("two"))).ShouldBeNull();
        _calls.ShouldBe(1);

        _keyId = "two";
        _clock.Advance(TimeSpan.FromSeconds(31));
        (await CheckAsync(Signed("two"))).ShouldNotBeNull();
        _calls.ShouldBe(2);
    }

    [Fact]
    public async Task While_keys_cannot_be_read_the_last_ones_hold()
    {
        await CheckAsync(Signed("one"));
        _status = HttpStatusCode.InternalServerError;
        _clock.Advance(TimeSpan.FromMinutes(11));
        (await CheckAsync(Signed("one"))).ShouldNotBeNull();
        _calls.ShouldBe(2);
    }

    [Fact]
    public async Task A_public_key_is_never_taken_for_a_secret()
    {
        await CheckAsync(Signed("one"));
        var publicKey = _key.ExportSubjectPublicKeyInfoPem();
        (await CheckAsync(Token.Make(Token.Payload(Tenant.ToString(), "admin"), publicKey))).ShouldBeNull();
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        (await CheckAsync(Signed("one", other))).ShouldBeNull();
    }

    private Task<Caller?> CheckAsync(string token) => _tokens.CheckAsync(token, CancellationToken.None);

    private string Signed(string keyId, ECDsa? key = null)
    {
        var payload = Token.Payload(Tenant.ToString(), "admin");
        payload["exp"] = _clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds();
        var signed = $"{Token.Part(new { alg = "ES256", typ = "JWT", kid = keyId })}.{Token.Part(payload)}";
        return $"{signed}.{Base64UrlEncoder.Encode((key ?? _key).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    private HttpResponseMessage Keys()
    {
        _calls++;
        var point = _key.ExportParameters(includePrivateParameters: false).Q;
        var (x, y) = (Base64UrlEncoder.Encode(point.X), Base64UrlEncoder.Encode(point.Y));
        return new(_status)
        {
            Content = new StringContent($$"""
                {"keys":[{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{{_keyId}}","x":"{{x}}","y":"{{y}}"}]}
                """),
        };
    }

    private sealed class Answer(Func<HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer());
    }
}
