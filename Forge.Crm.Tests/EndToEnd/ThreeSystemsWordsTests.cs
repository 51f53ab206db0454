using System.Text.Json.Nodes;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>Lists grow: a word that one system knows and another does not.</summary>
[Collection(ThreeSystemsGroup.Name)]
public sealed class ThreeSystemsWordsTests(ThreeSystemsFixture fixture) : IAsyncLifetime
{
    private readonly ThreeSystems _systems = fixture.Systems;
    private readonly string _email = fixture.NextContact();

    public Task InitializeAsync() => _systems.RestAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_word_that_is_new_at_HubSpot_reaches_the_hub_and_stands_in_no_other_edits_way()
    {
        _systems.HubSpot.AddOption("contacts", "hs_lead_status", "WAITS_FOR_SPRING");
        _systems.HubSpot.Edit("contacts", _systems.Contact(_email)!.Id, new Dictionary<string, string> { ["hs_lead_status"] = "WAITS_FOR_SPRING", ["firstname"] = "Ada" });
        await ThreeSystems.UntilAsync(() => StoredAsync("lead_status"), "WAITS_FOR_SPRING", "the hub");
        await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), "Ada", "Pipedrive");

        _systems.Pipedrive.Edit("persons", _systems.Person(_email)!["id"]!.ToString(), new JsonObject { ["first_name"] = "Grace" });
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)!["firstname"], "Grace", "HubSpot");
        await _systems.RestAsync();
        _systems.Contact(_email)!["hs_lead_status"].ShouldBe("WAITS_FOR_SPRING");
        (await StoredAsync("lead_status")).ShouldBe("WAITS_FOR_SPRING");
    }

    [Fact]
    public async Task A_word_that_HubSpot_does_not_know_is_listed_with_its_property_and_goes_on_once_HubSpot_knows_it()
    {
        await _systems.Hub.ExecuteAsync($"update crm_contacts set lead_status = 'WAITS_FOR_AUTUMN', first_name = 'Ada' where email = '{_email}'");
        await ThreeSystems.UntilAsync(() => _systems.PersonName(_email), "Ada", "Pipedrive");
        await ThreeSystems.UntilAsync(async () => await RefusalAsync() is null ? null : "listed", "listed", "the list of push errors");
        var reason = (await RefusalAsync())!;
        reason.ShouldContain("hs_lead_status");
        reason.ShouldNotContain("AUTUMN", Case.Sensitive, "a value may be personal data");

        _systems.HubSpot.AddOption("contacts", "hs_lead_status", "WAITS_FOR_AUTUMN");
        await _systems.Hub.ExecuteAsync($"update crm_contacts set last_name = 'Again' where email = '{_email}'");
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)!["hs_lead_status"], "WAITS_FOR_AUTUMN", "HubSpot");
        await _systems.RestAsync();
        (await RefusalAsync()).ShouldBeNull();
    }

    private Task<string?> StoredAsync(string column) => _systems.Hub.ScalarAsync<string>($"select {column} from crm_contacts where email = '{_email}' and deleted_at is null");

    private Task<string?> RefusalAsync() => _systems.Hub.ScalarAsync<string>(
        $"select o.reason from crm_outbox o join crm_contacts c on c.id = o.record_id where c.email = '{_email}' and o.platform = 'hubspot' and o.status = 'failed'");
}
