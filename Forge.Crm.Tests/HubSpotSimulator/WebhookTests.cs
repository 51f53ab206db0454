using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.Tests.HubSpotSimulation;

public sealed class WebhookTests : IAsyncLifetime
{
    private const string Secret = "a-secret-that-is-only-in-this-test";
    private WebhookSink sink = null!;
    private SimulatorFixture hubSpot = null!;

    private HubSpotWebhookSettings Settings => hubSpot.Simulator.Webhooks;

    public async Task InitializeAsync()
    {
        sink = await WebhookSink.StartAsync();
        hubSpot = await SimulatorFixture.StartAsync(new() { ClientSecret = Secret, Webhooks = { Target = $"{sink.Address}hooks/{{portalId}}", RetryDelay = TimeSpan.FromMilliseconds(5) } });
    }

    public async Task DisposeAsync()
    {
        await hubSpot.DisposeAsync();
        await sink.DisposeAsync();
    }

    [Fact]
    public async Task Both_signatures_are_those_of_the_raw_body()
    {
        hubSpot.Contact("zoë@example.com", ("firstname", "Zoë 東京 🚀"));
        await IdleAsync();
        var delivery = sink.Deliveries[0];
        delivery.Target.ShouldBe("/hooks/62515");
        delivery.Headers["X-HubSpot-Signature-Version"].ShouldBe("v1");
        delivery.Headers["X-HubSpot-Signature"].ShouldBe(Version1(delivery.Body));
        var timestamp = delivery.Headers["X-HubSpot-Request-Timestamp"];
        DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(timestamp, CultureInfo.InvariantCulture)).ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        delivery.Headers["X-HubSpot-Signature-v3"].ShouldBe(Version3($"{sink.Address}hooks/62515", delivery.Body, timestamp));
    }

    [Fact]
    public async Task The_signed_address_has_just_the_twelve_escapes_decoded()
    {
        hubSpot.Account.WebhookTarget = $"{sink.Address}in%2Fout?cb=https%3a%2F%2Fa%3Fb%40c%21%24%27%28%29%2A%2C%3B&kept=%20%26%3D%25%2B%C3%A9+";
        hubSpot.Contact("ada@example.com");
        await IdleAsync();
        var delivery = sink.Deliveries[0];
        var signed = $"{sink.Address}in/out?cb=https://a?b@c!$'()*,;&kept=%20%26%3D%25%2B%C3%A9+";
        delivery.Headers["X-HubSpot-Signature-v3"].ShouldBe(Version3(signed, delivery.Body, delivery.Headers["X-HubSpot-Request-Timestamp"]));
    }

    [Fact]
    public void The_signatures_agree_with_the_official_client()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Vectors", "hubspot-signature-vectors.json")));
        var vectors = file.RootElement.GetProperty("vectors").EnumerateArray().Where(vector => vector.GetProperty("valid").GetBoolean()).ToArray();
        foreach (var vector in vectors.Where(vector => vector.GetProperty("version").GetString() == "v3"))
        {
            HubSpotWebhookSignature.Version3(Text(vector, "clientSecret"), Text(vector, "method"), Text(vector, "uri"),
                Encoding.UTF8.GetBytes(Text(vector, "body")), Text(vector, "timestamp")).ShouldBe(Text(vector, "expectedSignature"), Text(vector, "id"));
        }
        vectors.ShouldNotBeEmpty();

        static string Text(JsonElement vector, string name) => vector.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task A_persons_edit_and_an_apps_edit_differ_in_their_source()
    {
        var id = hubSpot.Contact("ada@example.com");
        await IdleAsync();
        var before = sink.Events.Length;
        hubSpot.Account.Edit("contacts", id, new Dictionary<string, string> { ["phone"] = "1", ["city"] = "Bern" });
        await hubSpot.SendAsync(HttpMethod.Patch, $"/crm/v3/objects/contacts/{id}", new { properties = new { phone = "2", city = "Bern" } });
        await IdleAsync();
        var changes = sink.Events[before..];
        changes.Select(change => change.GetProperty("propertyName").GetString()).ShouldBe(["phone", "city", "phone"]);
        changes.Select(change => change.GetProperty("changeSource").GetString()).ShouldBe(["CRM_UI", "CRM_UI", "INTEGRATION"]);
        changes.Select(change => change.GetProperty("sourceId").GetString()).ShouldBe(["userId:9001", "userId:9001", "54321"]);
        var last = changes[2];
        last.GetProperty("subscriptionType").GetString().ShouldBe("contact.propertyChange");
        last.GetProperty("propertyValue").GetString().ShouldBe("2");
        last.GetProperty("objectId").GetInt64().ShouldBe(long.Parse(id, CultureInfo.InvariantCulture));
        last.GetProperty("portalId").GetInt64().ShouldBe(SimulatorFixture.PortalId);
        last.GetProperty("appId").GetInt64().ShouldBe(54321);
        last.GetProperty("attemptNumber").GetInt32().ShouldBe(0);
        last.TryGetProperty("objectTypeId", out _).ShouldBeFalse();
        last.GetProperty("subscriptionId").GetInt64().ShouldBe(changes[0].GetProperty("subscriptionId").GetInt64());
        changes[1].GetProperty("subscriptionId").GetInt64().ShouldNotBe(last.GetProperty("subscriptionId").GetInt64());
    }

    [Fact]
    public async Task Every_kind_of_change_is_told()
    {
        var company = hubSpot.Account.Create("companies", new Dictionary<string, string> { ["name"] = "Isar Works" });
        var one = hubSpot.Contact("one@example.com");
        var two = hubSpot.Contact("two@example.com", ("phone", "2"));
        await IdleAsync();
        Settings.PropertyChangesOnCreation = false;
        var before = sink.Events.Length;
        hubSpot.Account.Associate("contacts", one, "companies", company, 1);
        hubSpot.Account.Archive("contacts", one);
        hubSpot.Account.Restore("contacts", one);
        hubSpot.Account.Merge("contacts", one, two);
        hubSpot.Account.GdprDelete(one);
        hubSpot.Account.Create("tasks", new Dictionary<string, string> { ["hs_timestamp"] = "2026-01-01T00:00:00Z" });
        await IdleAsync();
        sink.Types()[before..].ShouldBe(
        [
            "contact.associationChange", "company.associationChange", "contact.associationChange", "company.associationChange",
            "contact.deletion", "contact.restore", "contact.merge", "contact.propertyChange", "contact.privacyDeletion", "contact.deletion", "object.creation",
        ]);
        var merge = sink.OfType("contact.merge").Single();
        merge.GetProperty("primaryObjectId").GetInt64().ShouldBe(long.Parse(one, CultureInfo.InvariantCulture));
        merge.GetProperty("mergedObjectIds")[0].GetInt64().ShouldBe(long.Parse(two, CultureInfo.InvariantCulture));
        merge.GetProperty("newObjectId").GetInt64().ShouldBe(long.Parse(one, CultureInfo.InvariantCulture));
        merge.GetProperty("numberOfPropertiesMoved").GetInt32().ShouldBe(1);
        var associated = sink.OfType("contact.associationChange")[0];
        associated.GetProperty("associationType").GetString().ShouldBe("CONTACT_TO_COMPANY");
        associated.GetProperty("isPrimaryAssociation").GetBoolean().ShouldBeTrue();
        associated.GetProperty("associationRemoved").GetBoolean().ShouldBeFalse();
        associated.TryGetProperty("objectId", out _).ShouldBeFalse();
        sink.OfType("object.creation").Single().GetProperty("objectTypeId").GetString().ShouldBe("0-27");
    }

    [Fact]
    public async Task A_delivery_that_fails_is_tried_again_with_its_number()
    {
        sink.Status = n => n < 3 ? 500 : 200;
        Settings.PropertyChangesOnCreation = false;
        hubSpot.Contact("ada@example.com");
        await IdleAsync();
        sink.Deliveries.Select(delivery => delivery.Events[0].GetProperty("attemptNumber").GetInt32()).ShouldBe([0, 1, 2, 3]);
        sink.Deliveries.Select(delivery => delivery.Events[0].GetProperty("eventId").GetInt64()).Distinct().Count().ShouldBe(1);
        hubSpot.Account.WebhookCounts.ShouldBe(new HubSpotWebhookCounts(Raised: 1, Delivered: 1, Duplicated: 0, Dropped: 0, FailedDeliveries: 3, GivenUp: 0));
    }

    [Fact]
    public async Task After_the_last_retry_the_events_are_given_up()
    {
        sink.Status = _ => 400;
        Settings.MaxRetries = 2;
        hubSpot.Contact("ada@example.com");
        await IdleAsync();
        sink.Deliveries.Count(delivery => delivery.Events.Length > 0).ShouldBeGreaterThanOrEqualTo(3);
        hubSpot.Account.WebhookCounts.GivenUp.ShouldBe(hubSpot.Account.WebhookCounts.Raised);
        sink.Deliveries.Max(delivery => delivery.Events[0].GetProperty("attemptNumber").GetInt32()).ShouldBe(2);
    }

    [Fact]
    public async Task Events_are_repeated_dropped_and_shuffled_as_told()
    {
        Settings.PropertyChangesOnCreation = false;
        Settings.Delay = TimeSpan.FromMilliseconds(200);
        Settings.Duplicates = 0.5;
        Settings.Drops = 0.2;
        Settings.ReorderWindow = 50;
        for (var i = 0; i < 200; i++)
            hubSpot.Contact($"c{i}@example.com");
        await IdleAsync();
        var counts = hubSpot.Account.WebhookCounts;
        counts.Raised.ShouldBe(200);
        counts.Dropped.ShouldBeInRange(15, 70);
        counts.Duplicated.ShouldBeInRange(40, 120);
        counts.Delivered.ShouldBe(counts.Raised - counts.Dropped + counts.Duplicated);
        var ids = sink.Arrived.Select(item => item.GetProperty("eventId").GetInt64()).ToArray();
        ids.LongLength.ShouldBe(counts.Delivered);
        ids.Distinct().LongCount().ShouldBe(counts.Raised - counts.Dropped);
        ids.ShouldNotBe(ids.Order().ToArray());
    }

    [Fact]
    public async Task Batches_hold_at_most_their_size_and_wait_for_company()
    {
        Settings.PropertyChangesOnCreation = false;
        Settings.BatchSize = 100;
        Settings.BatchWindow = TimeSpan.FromSeconds(2);
        for (var i = 0; i < 230; i++)
            hubSpot.Contact($"c{i}@example.com");
        await IdleAsync();
        sink.Deliveries.Select(delivery => delivery.Events.Length).Order().ShouldBe([30, 100, 100]);
    }

    [Fact]
    public async Task Nothing_is_told_of_demonstration_data()
    {
        HubSpotDemoData.Fill(hubSpot.Account, 1, 20, 5, 5);
        await IdleAsync();
        hubSpot.Account.WebhookCounts.Raised.ShouldBe(0);
    }

    [Fact]
    public async Task Disposal_does_not_wait_for_deliveries_that_cannot_succeed()
    {
        Settings.RetryDelay = TimeSpan.FromHours(1);
        sink.Status = _ => 503;
        hubSpot.Contact("ada@example.com");
        await hubSpot.Simulator.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));
    }

    private Task IdleAsync() => hubSpot.Simulator.WebhooksIdleAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token);

    private static string Version1(byte[] body) => Convert.ToHexString(SHA256.HashData([.. Encoding.UTF8.GetBytes(Secret), .. body])).ToLowerInvariant();

    private static string Version3(string uri, byte[] body, string timestamp) => Convert.ToBase64String(HMACSHA256.HashData(
        Encoding.UTF8.GetBytes(Secret), (byte[])[.. Encoding.UTF8.GetBytes("POST" + uri), .. body, .. Encoding.UTF8.GetBytes(timestamp)]));
}
