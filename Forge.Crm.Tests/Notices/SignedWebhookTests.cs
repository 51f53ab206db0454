using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Notices;

public sealed class SignedWebhookTests : IAsyncLifetime
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Older = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

    private readonly TenantId _tenant = new(Guid.NewGuid());
    private readonly FakeSecretStore _vault = new();
    private readonly FakeTimeProvider _clock = new(new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero));
    private WebhookReceiver _receiver = null!;

    public async Task InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        await SetSecretAsync(Secret);
    }

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    // The example of the specification's own libraries.
    [Fact]
    public void A_signature_is_that_of_the_standard() =>
        SupabaseSignature.Of(Convert.FromBase64String("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", """{"test": 2432232314}"""u8)
            .ShouldBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

    [Fact]
    public async Task The_receiver_can_check_who_calls_and_drop_what_it_has_had()
    {
        var call = Call("/in?token=1", """{"deal":"거래 <b>"}""");
        (await SendAsync(call)).Single().ShouldBe(new(call.Id, NoticeFate.Sent));

        var heard = _receiver.Calls.ShouldHaveSingleItem();
        (heard.Path, heard.Body, heard.Headers.ContentType.ToString()).ShouldBe(("/in", """{"deal":"거래 <b>"}""", "application/json"));
        heard.Headers["webhook-id"].ToString().ShouldBe(call.Id.ToString());
        CheckOf(heard, Secret).ShouldBe(SupabaseCheck.Valid);
        CheckOf(heard, Older).ShouldBe(SupabaseCheck.Mismatch);
        CheckOf(heard with { Body = "{}" }, Secret).ShouldBe(SupabaseCheck.Mismatch);
    }

    [Fact]
    public async Task While_a_secret_is_changed_both_sign()
    {
        await SetSecretAsync($$"""{"current":"{{Secret}}","previous":"{{Older}}","previousUntil":"2026-11-30T13:00:00Z"}""");
        await SendAsync(Call("/in"));
        _clock.Advance(TimeSpan.FromHours(2));
        await SendAsync(Call("/in"));
        _receiver.Calls.Select(call => CheckOf(call, Older, -2)).ShouldBe([SupabaseCheck.Valid, SupabaseCheck.Stale]);
        CheckOf(_receiver.Calls[1], Older).ShouldBe(SupabaseCheck.Mismatch);
        CheckOf(_receiver.Calls[1], Secret).ShouldBe(SupabaseCheck.Valid);
    }

    [Theory]
    [InlineData(200, NoticeFate.Sent, null)]
    [InlineData(202, NoticeFate.Sent, null)]
    [InlineData(400, NoticeFate.Failed, "refuses it (400)")]
    [InlineData(404, NoticeFate.Failed, "refuses it (404)")]
    [InlineData(410, NoticeFate.Failed, "refuses it (410)")]
    [InlineData(408, NoticeFate.Later, "answers 408")]
    [InlineData(429, NoticeFate.Later, "answers 429")]
    [InlineData(500, NoticeFate.Later, "answers 500")]
    [InlineData(503, NoticeFate.Later, "answers 503")]
    [InlineData(302, NoticeFate.Failed, "a redirect (302)")]
    [InlineData(307, NoticeFate.Failed, "a redirect (307)")]
    public async Task An_answer_says_what_becomes_of_it(int status, NoticeFate fate, string? reason)
    {
        _receiver.Answer = context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = new Uri(_receiver.Address, "/elsewhere").ToString();
            context.Response.Headers.RetryAfter = "90";
            return Task.CompletedTask;
        };
        var receipt = (await SendAsync(Call("/in"))).Single();
        receipt.Fate.ShouldBe(fate);
        (receipt.Reason ?? "").ShouldContain(reason ?? "");
        receipt.RetryAfter.ShouldBe(fate == NoticeFate.Later ? TimeSpan.FromSeconds(90) : null);
        _receiver.Calls.ShouldHaveSingleItem().Path.ShouldBe("/in");
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_rests_for_the_batch_and_keeps_nobody_waiting()
    {
        var isDown = true;
        _receiver.Answer = context =>
        {
            if (isDown && context.Request.Path == "/down")
                context.Abort();
            return Task.CompletedTask;
        };
        var receipts = await SendAsync(Call("/down"), Call("/down"), Call("/up"), Call("/down"));
        receipts.Select(receipt => receipt.Fate).ShouldBe([NoticeFate.Later, NoticeFate.Later, NoticeFate.Sent, NoticeFate.Later]);
        receipts.Select(receipt => receipt.Id).Distinct().Count().ShouldBe(4);
        _receiver.Calls.Select(call => call.Path).ShouldBe(["/down", "/up"]);
        isDown = false;
        (await SendAsync(Call("/down"))).Single().Fate.ShouldBe(NoticeFate.Sent);
    }

    [Theory]
    [InlineData("http://hooks.example.com/in", false, "not https")]
    [InlineData("https://127.0.0.1:{0}/in", false, "no public address")]
    [InlineData("https://localhost:{0}/in", false, "no public address")]
    [InlineData("https://[::ffff:169.254.169.254]/latest", true, "no public address")]
    [InlineData("https://10.0.0.1/in", true, "no public address")]
    public async Task An_address_inside_is_not_called(string url, bool allowLoopback, string reason)
    {
        var call = Call("/in") with { Url = new(url.Replace("{0}", $"{_receiver.Address.Port}", StringComparison.Ordinal)) };
        var receipt = (await SendAsync(allowLoopback, call)).Single();
        receipt.Fate.ShouldBe(NoticeFate.Failed);
        receipt.Reason!.ShouldContain(reason);
        _receiver.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null)]
    [InlineData("no whsec of ours")]
    [InlineData("whsec_c2hvcnQ=")]
    public async Task Without_a_secret_that_can_sign_nothing_is_called(string? stored)
    {
        await _vault.DeleteAsync(NoticeSecrets.VaultName(_tenant, "chat"), CancellationToken.None);
        if (stored is not null)
            await SetSecretAsync(stored);
        foreach (var name in new[] { "chat", "../tenant", "" })
        {
            var receipt = (await SendAsync(Call("/in") with { Secret = name })).Single();
            receipt.Fate.ShouldBe(NoticeFate.Failed);
            receipt.Reason!.ShouldContain("no webhook secret");
        }

        _receiver.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_tenants_secret_is_out_of_reach()
    {
        (await SendAsync(Call("/in") with { Tenant = new(Guid.NewGuid()) })).Single().Fate.ShouldBe(NoticeFate.Failed);
        _receiver.Calls.ShouldBeEmpty();
    }

    private Task SetSecretAsync(string secret) => _vault.SetAsync(NoticeSecrets.VaultName(_tenant, "chat"), secret, CancellationToken.None);

    private OutgoingWebhook Call(string path, string body = "{}") => new(_tenant, Guid.CreateVersion7(), new(_receiver.Address, path), "chat", body);

    private Task<List<NoticeReceipt>> SendAsync(params OutgoingWebhook[] batch) => SendAsync(allowLoopback: true, batch);

    private async Task<List<NoticeReceipt>> SendAsync(bool allowLoopback, params OutgoingWebhook[] batch)
    {
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_clock).AddSingleton<ISecretStore>(_vault).AddSingleton(new NoticeSecrets(_vault, null!, _clock));
        services.AddNotices(new ConfigurationBuilder().AddInMemoryCollection([new("Notices:AllowLoopback", $"{allowLoopback}")]).Build(), rings: false);
        await using var provider = services.BuildServiceProvider();
        var sender = ActivatorUtilities.CreateInstance<SignedWebhook>(provider, new NoticeSecrets(_vault, null!, _clock));
        var receipts = new List<NoticeReceipt>();
        await foreach (var receipt in sender.SendAsync(batch, CancellationToken.None))
            receipts.Add(receipt);
        return receipts;
    }

    private SupabaseCheck CheckOf(ReceivedCall call, string secret, int hours = 0) => SupabaseSignature.Check(
        call.Headers["webhook-id"], call.Headers["webhook-timestamp"], call.Headers["webhook-signature"], System.Text.Encoding.UTF8.GetBytes(call.Body), _clock.GetUtcNow().AddHours(hours), new(secret));
}
