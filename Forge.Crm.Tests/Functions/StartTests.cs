using System.Diagnostics.Metrics;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Functions.Webhooks;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Tests.Functions;

public sealed class StartTests(WebhookFixture fixture) : IClassFixture<WebhookFixture>
{
    [Theory]
    [InlineData("Forge:PublicBaseUrl", null)]
    [InlineData("Forge:PublicBaseUrl", "sync.example.com")]
    [InlineData("Forge:ConsentReturnUrl", "https://console.example.com/#/crm")]
    [InlineData("Forge:IntakeBurst", "0")]
    [InlineData("Postgres:AppConnectionString", "")]
    [InlineData("Supabase:JwtSecret", "short")]
    [InlineData("HubSpot:ClientSecret", "short")]
    public async Task A_wrong_setting_stops_the_host(string key, string? value) =>
        (await Should.ThrowAsync<OptionsValidationException>(() => FunctionsServer.StartAsync(fixture.Hub, (key, value))))
            .Message.ShouldContain(key.Split(':')[1]);

    [Fact]
    public async Task All_that_functions_ask_for_is_there()
    {
        await using var server = await FunctionsServer.StartAsync(fixture.Hub);
        var asked = typeof(HubSpotWebhookFunction).Assembly.GetTypes()
            .Where(type => type.GetMethods().Any(method => method.IsDefined(typeof(FunctionAttribute), false)))
            .SelectMany(type => type.GetConstructors().Single().GetParameters()).Select(parameter => parameter.ParameterType).Distinct().ToList();
        asked.Count.ShouldBeGreaterThan(8);
        foreach (var type in asked)
            server.Services.GetRequiredService(type).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_program_that_only_uses_the_library_needs_a_database_and_a_vault_and_no_bus()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Postgres:AppConnectionString"] = fixture.Hub.AppConnectionString,
            ["KeyVault:File"] = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():n}.json"),
        });
        builder.Services.AddForgeCrm(builder.Configuration);
        using var host = builder.Build();
        await host.StartAsync();
        host.Services.GetRequiredService<ICrmSync>().ShouldNotBeNull();
        await host.StopAsync();
    }

    [Fact]
    public async Task The_sample_of_settings_names_settings_that_there_are_and_passes_once_it_is_filled_in()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "local.settings.sample.json")))
            folder = Path.GetDirectoryName(folder)!;
        var values = new ConfigurationBuilder().AddJsonFile(Path.Combine(folder, "local.settings.sample.json")).Build().GetSection("Values")
            .GetChildren().Select(value => (Key: value.Key.Replace("__", ":", StringComparison.Ordinal), value.Value))
            .Where(value => !value.Key.StartsWith("Postgres", StringComparison.Ordinal) && value.Key != "ServiceBus");
        await using var server = await FunctionsServer.StartAsync(fixture.Hub, [.. values]);
        (await server.Client.GetAsync(new Uri("/api/v1/health", UriKind.Relative))).IsSuccessStatusCode.ShouldBeTrue();
    }

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
