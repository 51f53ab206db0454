using System.Text.Json;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost;
using HubSpotOAuthApp = Forge.Crm.Adapters.HubSpot.HubSpotOAuthApp;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>The project file that HubSpot takes, held against the field maps.</summary>
public sealed class HubSpotProjectTests
{
    private const string Placeholder = "https://sync.example.com";

    private static readonly JsonElement[] Subscriptions =
        [.. Config("src/app/webhooks/webhooks-hsmeta.json").GetProperty("subscriptions").GetProperty("crmObjects").EnumerateArray()];

    [Fact]
    public async Task The_files_in_the_repository_are_those_that_the_command_writes()
    {
        var folder = Directory.CreateTempSubdirectory("forge-hubspot-").FullName;
        await using var output = new StringWriter();
        (await HubSpotProjectCommand.RunAsync([folder, Placeholder], output, CancellationToken.None)).ShouldBe(0);
        var written = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order().ToList();
        written.ShouldBe(Directory.GetFiles(Repository(), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Repository(), file)).Order());
        foreach (var file in written)
            (await File.ReadAllTextAsync(Path.Combine(Repository(), file))).ShouldBe(await File.ReadAllTextAsync(Path.Combine(folder, file)), file);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_mapped_property_of_every_kind_has_a_subscription_of_its_own()
    {
        var told = Subscriptions.Where(row => row.GetProperty("subscriptionType").GetString() == "object.propertyChange")
            .Select(row => (Kind: row.GetProperty("objectType").GetString()!, Property: row.GetProperty("propertyName").GetString()!)).ToList();
        told.ShouldBeUnique();
        foreach (var kind in HubSpotFields.Kinds)
        {
            var mapped = HubSpotFields.MapperOf(kind, StandardFields.Of(kind.ToRecordKind()));
            mapped.ShouldNotBeNull();
            told.Where(row => row.Kind == kind.ToName()).Select(row => row.Property)
                .ShouldBe(HubSpotFields.MappedOf(kind).Where(property => property != "hs_email_subject").Order(StringComparer.Ordinal), kind.ToName());
        }

        told.ShouldContain(("contact", "firstname"));
        told.ShouldContain(("deal", "dealstage"));
        told.ShouldContain(("meeting", "hs_meeting_start_time"));
        told.ShouldNotContain(row => row.Property == "lastmodifieddate" || row.Property == "hs_lastmodifieddate");
    }

    [Fact]
    public async Task Properties_of_tenants_own_are_told_of_where_the_command_names_them()
    {
        var folder = Directory.CreateTempSubdirectory("forge-hubspot-").FullName;
        await using var output = new StringWriter();
        (await HubSpotProjectCommand.RunAsync([folder, Placeholder, "contact.sales_region", "deal.sales_region", "contact.email"], output, CancellationToken.None)).ShouldBe(0);
        var rows = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "src/app/webhooks/webhooks-hsmeta.json"))).RootElement
            .GetProperty("config").GetProperty("subscriptions").GetProperty("crmObjects").EnumerateArray().ToList();
        rows.Count.ShouldBe(Subscriptions.Length + 2);
        rows.Count(row => row.TryGetProperty("propertyName", out var property) && property.GetString() == "sales_region").ShouldBe(2);
        (await HubSpotProjectCommand.RunAsync([folder, Placeholder, "person.sales_region"], output, CancellationToken.None)).ShouldBe(2);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Every_kind_tells_of_its_creations_and_deletions_and_of_merges_where_it_can_merge()
    {
        foreach (var kind in HubSpotFields.Kinds)
        {
            var types = Subscriptions.Where(row => row.GetProperty("objectType").GetString() == kind.ToName())
                .Select(row => row.GetProperty("subscriptionType").GetString()!).ToHashSet();
            types.IsSupersetOf(["object.creation", "object.deletion", "object.restore", "object.associationChange", "object.propertyChange"]).ShouldBeTrue(kind.ToName());
            types.Contains("object.merge").ShouldBe(HubSpotObjects.CanMerge(kind));
        }

        Config("src/app/webhooks/webhooks-hsmeta.json").GetProperty("subscriptions").GetProperty("hubEvents")[0].GetProperty("subscriptionType").GetString()
            .ShouldBe("contact.privacyDeletion");
        // An app may have a thousand.
        Subscriptions.Length.ShouldBeLessThan(1_000);
    }

    [Fact]
    public void The_app_declares_the_scopes_that_a_consent_asks_for_and_the_address_that_it_comes_back_to()
    {
        var auth = Config("src/app/app-hsmeta.json").GetProperty("auth");
        auth.GetProperty("requiredScopes").EnumerateArray().Select(scope => scope.GetString()).ShouldBe(HubSpotOAuthApp.Scopes);
        auth.GetProperty("optionalScopes").EnumerateArray().Select(scope => scope.GetString()).ShouldBe(HubSpotOAuthApp.OptionalScopes);
        auth.GetProperty("redirectUrls")[0].GetString().ShouldBe($"{Placeholder}/api/v1/oauth/callback/hubspot");
    }

    [Theory]
    [InlineData("http://sync.example.com")]
    [InlineData("sync.example.com")]
    public async Task An_address_that_is_not_https_is_answered_with_the_usage(string address)
    {
        await using var output = new StringWriter();
        (await HubSpotProjectCommand.RunAsync([Path.GetTempPath(), address], output, CancellationToken.None)).ShouldBe(2);
        output.ToString().ShouldContain("hubspot-project FOLDER URL");
    }

    private static JsonElement Config(string path) =>
        JsonDocument.Parse(HubSpotProject.Files(new(Placeholder))[path]).RootElement.GetProperty("config");

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Forge.Crm.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "infra", "hubspot");
    }
}
