using System.Diagnostics.Metrics;
using Forge.Crm.Adapters.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Tests.Functions;

public sealed class StartTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Theory]
    [InlineData("Forge:PublicBaseUrl", null)]
    [InlineData("Forge:PublicBaseUrl", "sync.example.com")]
    [InlineData("Forge:IntakeBurst", "0")]
    [InlineData("Postgres:AppConnectionString", "")]
    [InlineData("Supabase:JwtSecret", "short")]
    [InlineData("HubSpot:ClientSecret", "short")]
    public async Task A_wrong_setting_stops_the_host(string key, string? value) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => FunctionsServer.StartAsync(fixture.Hub, (key, value))))
            .Message.ShouldContain(key.Split(':')[1]);

    [Fact]
    public async Task What_is_dropped_is_counted()
    {
        var counts = new Dictionary<string, long>();
        await using var server = await FunctionsServer.StartAsync(fixture.Hub);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meters) =>
        {
            if (instrument.Meter.Name == CrmMetrics.MeterName && ReferenceEquals(instrument.Meter.Scope, server.Get<IMeterFactory>()))
                meters.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var name = $"{instrument.Name} {tags[^1].Value}";
            lock (counts)
                counts[name] = counts.GetValueOrDefault(name) + value;
        });
        listener.Start();
        var (_, portal) = await fixture.ConnectAsync();
        var stranger = WebhookFixture.NewPortal();
        var body = $"[{SignedWebhook.Event(stranger, 1)},{SignedWebhook.Event(portal, 2)},17]";
        foreach (var secret in new[] { FunctionsServer.AppSecret, FunctionsServer.AppSecret, "somebody else's" })
        {
            using var request = new SignedWebhook(body, secret: secret).ToRequest();
            using var response = await server.Client.SendAsync(request);
        }

        lock (counts)
        {
            counts["forge.intake.deliveries accepted"].ShouldBe(2);
            counts["forge.intake.deliveries unauthorized"].ShouldBe(1);
            counts["forge.intake.events unknown_account"].ShouldBe(4); // two of them do not say whose they are
            counts["forge.intake.events journaled"].ShouldBe(1);
            counts["forge.intake.events duplicate"].ShouldBe(1);
        }
    }
}
