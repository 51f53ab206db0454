using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Adapters.KeyVault;
using Forge.Crm.Adapters.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.KeyVault;

/// <summary>
/// An HTTPS endpoint on this machine that speaks the protocol of Azure Key Vault's secrets: the challenge, versions, soft deletion and
/// recovery, and the ways in which it fails. The genuine client talks to it.
/// </summary>
internal sealed class LocalVault : IAsyncDisposable
{
    private const string AccessToken = "vault-access-token";

    private readonly ConcurrentDictionary<string, List<string>> _secrets = new();
    private readonly ConcurrentDictionary<string, List<string>> _deleted = new();
    private readonly X509Certificate2 _certificate = SelfSigned();
    private readonly WebApplication _app;

    private LocalVault()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate)));
        builder.Services.AddRouting();
        _app = builder.Build();
        _app.Use(AdmitAsync);
        _app.MapGet("/secrets/{name}/{version?}", Read);
        _app.MapPut("/secrets/{name}", SetAsync);
        _app.MapDelete("/secrets/{name}", Delete);
        _app.MapPost("/deletedsecrets/{name}/recover", Recover);
        _app.MapGet("/deletedsecrets/{name}", (string name) => _deleted.ContainsKey(name) ? Results.Json(new { recoveryId = Id(name) }) : NotFound(name));
    }

    public FakeTimeProvider Clock { get; } = new(new(2026, 11, 23, 9, 0, 0, TimeSpan.Zero));

    /// <summary>Answers every request so, where set: 403, 429, 500, …</summary>
    public int? Fails { get; set; }

    /// <summary>Method and path of each request, and whether it brought a token.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public List<string> Versions(string name) => _secrets.GetValueOrDefault(name) ?? [];

    public static async Task<LocalVault> StartAsync()
    {
        var vault = new LocalVault();
        await vault._app.StartAsync();
        return vault;
    }

    /// <summary>A worker's own store, on the genuine client.</summary>
    public KeyVaultSecretStore Open(KeyVaultOptions? options = null, CrmMetrics? metrics = null)
    {
        var settings = KeyVaultClient.Options();
        settings.Retry.Delay = TimeSpan.FromMilliseconds(1);
        settings.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        settings.Retry.MaxRetries = 1;
        settings.DisableChallengeResourceVerification = true; // an address on this machine is none of vault.azure.net
        settings.Transport = new HttpClientTransport(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == _certificate.GetCertHashString() },
        });
        SecretClient client = KeyVaultClient.Open(new(_app.Urls.Single()), new Credential(), settings);
        return new(client, Options.Create(options ?? new()), Clock, metrics ?? Metrics(), NullLogger<KeyVaultSecretStore>.Instance);
    }

    public static CrmMetrics Metrics() => new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
    }

    private async Task AdmitAsync(HttpContext context, RequestDelegate next)
    {
        var token = context.Request.Headers.Authorization.ToString();
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{(token.Length > 0 ? " with token" : "")}");
        if (token != $"Bearer {AccessToken}")
        {
            context.Response.Headers.WWWAuthenticate = $"""Bearer authorization="https://login.example/11111111-1111-1111-1111-111111111111", resource="https://vault.azure.net" """;
            await Error(401, "Unauthorized").ExecuteAsync(context);
        }
        else if (Fails is { } status)
        {
            await Error(status, "Failing").ExecuteAsync(context);
        }
        else
        {
            await next(context);
        }
    }

    private IResult Read(string name, string? version) => Versions(name) switch
    {
        [] => NotFound(name),
        var versions => Bundle(name, version is null ? versions.Count : int.Parse(version, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private async Task<IResult> SetAsync(string name, HttpRequest request)
    {
        if (_deleted.ContainsKey(name))
            return Error(409, "Conflict");
        using var body = await JsonDocument.ParseAsync(request.Body);
        _secrets.GetOrAdd(name, _ => []).Add(body.RootElement.GetProperty("value").GetString()!);
        return Bundle(name, Versions(name).Count);
    }

    private IResult Delete(string name)
    {
        if (!_secrets.TryRemove(name, out var versions))
            return NotFound(name);
        _deleted[name] = versions;
        return Results.Json(new { recoveryId = $"{_app.Urls.Single()}/deletedsecrets/{name}", id = Id(name), attributes = new { enabled = true } });
    }

    private IResult Recover(string name)
    {
        if (!_deleted.TryRemove(name, out var versions))
            return NotFound(name);
        _secrets[name] = versions;
        return Bundle(name, versions.Count);
    }

    private IResult Bundle(string name, int version) =>
        Results.Json(new { value = Versions(name)[version - 1], id = $"{Id(name)}/{version:d32}", attributes = new { enabled = true } });

    private string Id(string name) => $"{_app.Urls.Single()}/secrets/{name}";

    private static IResult NotFound(string name) => Error(404, "SecretNotFound", $"A secret with (name/id) {name} was not found in this key vault.");

    private static IResult Error(int status, string code, string message = "") => Results.Json(new { error = new { code, message } }, statusCode: status);

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    private sealed class Credential : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            requestContext.Scopes.ShouldBe(["https://vault.azure.net/.default"]);
            return new(LocalVault.AccessToken, TimeProvider.System.GetUtcNow().AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
