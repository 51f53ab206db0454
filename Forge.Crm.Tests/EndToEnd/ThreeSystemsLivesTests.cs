using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd;

/// <summary>Deletions, restorations and erasures, from each system to the others.</summary>
[Collection(ThreeSystemsGroup.Name)]
public sealed class ThreeSystemsLivesTests(ThreeSystemsFixture fixture) : IAsyncLifetime
{
    private readonly ThreeSystems _systems = fixture.Systems;
    private readonly string _email = fixture.NextContact();
    private string _contact = "";
    private string _person = "";

    public Task InitializeAsync()
    {
        (_contact, _person) = (_systems.Contact(_email)!.Id, _systems.Person(_email)!["id"]!.ToString());
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _systems.ChangeSettingsAsync("update crm_sync_configs set delete_policy = 'propagate'");

    [Fact]
    public async Task What_HubSpot_deletes_and_brings_back_goes_and_comes_back_everywhere()
    {
        _systems.HubSpot.Archive("contacts", _contact);
        await GoneAsync();
        _systems.HubSpot.Restore("contacts", _contact);
        await EverywhereAsync();
        _systems.Contact(_email)!.Id.ShouldBe(_contact);
    }

    [Fact]
    public async Task What_Pipedrive_deletes_and_brings_back_goes_and_comes_back_everywhere()
    {
        _systems.Pipedrive.Delete("persons", _person);
        await GoneAsync();
        await Task.Delay(1_100); // Pipedrive's times are whole seconds: what comes back within the second of its deletion looks older than that
        _systems.Pipedrive.Restore("persons", _person);
        await EverywhereAsync();
        _systems.Person(_email)!["id"]!.ToString().ShouldBe(_person);
    }

    [Fact]
    public async Task What_the_hub_deletes_and_brings_back_goes_and_comes_back_everywhere()
    {
        await _systems.Hub.ExecuteAsync($"delete from crm_contacts where email = '{_email}'");
        await GoneAsync();
        await _systems.Hub.ExecuteAsync($"update crm_contacts set deleted_at = null where email = '{_email}'");
        await EverywhereAsync();
    }

    [Fact]
    public async Task A_deletion_that_is_heard_of_again_deletes_nothing_that_was_brought_back_since()
    {
        _systems.HubSpot.Archive("contacts", _contact);
        await GoneAsync();
        _systems.HubSpot.Restore("contacts", _contact);
        await EverywhereAsync();
        await _systems.ReplayAsync();
        await EverywhereAsync();
    }

    [Fact]
    public async Task Where_deletions_are_to_archive_the_record_is_put_away_and_comes_back_by_either_side()
    {
        await _systems.ChangeSettingsAsync("update crm_sync_configs set delete_policy = 'archive'");
        _systems.HubSpot.Archive("contacts", _contact);
        await ThreeSystems.UntilAsync(AwayAsync, "away", "the hub");
        await _systems.RestAsync();
        _systems.Person(_email).ShouldNotBeNull();

        // Where it lives on it is edited; it is made again nowhere.
        _systems.Pipedrive.Edit("persons", _person, new() { ["first_name"] = "Still" });
        await ThreeSystems.UntilAsync(() => _systems.HubNameAsync(_email), "Still", "the hub");
        await _systems.RestAsync();
        _systems.Contact(_email).ShouldBeNull();

        _systems.HubSpot.Restore("contacts", _contact);
        await ThreeSystems.UntilAsync(AwayAsync, "here", "the hub");
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["firstname"], "Still", "HubSpot");
        await EverywhereAsync();

        _systems.HubSpot.Archive("contacts", _contact);
        await ThreeSystems.UntilAsync(AwayAsync, "away", "the hub");
        await _systems.Hub.ExecuteAsync($"update crm_contacts set archived_at = null where email = '{_email}'");
        await ThreeSystems.UntilAsync(() => _systems.Contact(_email)?["firstname"], "Still", "HubSpot");
        await EverywhereAsync();
        (await _systems.Hub.RowsAsync($"""
            select h.source from crm_audit_log h join crm_contacts c on c.id = h.record_id where c.email = '{_email}' and h.field = 'archived_at' order by h.id
            """)).ShouldBe(["hubspot", "hubspot", "hubspot", "supabase"]);
    }

    [Fact]
    public async Task Where_deletions_are_ignored_only_the_link_ends()
    {
        await _systems.ChangeSettingsAsync("update crm_sync_configs set delete_policy = 'ignore'");
        _systems.HubSpot.Archive("contacts", _contact);
        await _systems.RestAsync();
        (await _systems.HubNameAsync(_email)).ShouldNotBeNull();
        (await _systems.Hub.ScalarAsync<long>($"select count(*) from crm_record_links where external_id = '{_contact}' and state = 'deleted'")).ShouldBe(1);

        // It lives on in the others, and is not made again where it was deleted.
        _systems.Pipedrive.Edit("persons", _person, new() { ["first_name"] = "Still" });
        await ThreeSystems.UntilAsync(() => _systems.HubNameAsync(_email), "Still", "the hub");
        await _systems.RestAsync();
        _systems.Contact(_email).ShouldBeNull();
    }

    [Fact]
    public async Task Who_is_erased_in_HubSpot_is_erased_everywhere_and_stays_so()
    {
        var (letter, of) = await WrittenAsync();
        var id = await _systems.Hub.ScalarAsync<Guid>($"select id from crm_contacts where email = '{_email}'");
        _systems.HubSpot.GdprDelete(_contact);
        await ThreeSystems.UntilAsync(() => _systems.Person(_email) is null ? "gone" : "there", "gone", "Pipedrive");
        await ThreeSystems.UntilAsync(() => $"{Letters()} {_systems.HubSpot.Records("emails").Count(email => email.Id == letter)}", "0 0", "a platform");
        await _systems.RestAsync();
        await AssertErasedAsync(id, "hubspot");
        await AssertErasedAsync(of, "hubspot", RecordKind.Activity);

        var writes = (_systems.HubSpotWrites, _systems.PipedriveWrites);
        await _systems.ReplayAsync();
        await _systems.SweepAsync();
        await _systems.RestAsync();
        await AssertErasedAsync(id, "hubspot");
        await AssertErasedAsync(of, "hubspot", RecordKind.Activity);
        (_systems.HubSpotWrites, _systems.PipedriveWrites).ShouldBe(writes);
    }

    [Fact]
    public async Task Who_is_erased_in_the_hub_is_erased_everywhere_by_each_platforms_own_means()
    {
        var id = await _systems.Hub.ScalarAsync<Guid>($"select id from crm_contacts where email = '{_email}'");
        (await _systems.Functions.Services.GetRequiredService<Erasures>().EraseAsync(_systems.Hub.Id, RecordKind.Contact, id, "admin-1", CancellationToken.None)).ShouldBeTrue();
        await ThreeSystems.UntilAsync(() => $"{_systems.Person(_email) is null} {_systems.HubSpot.Find("contacts", _contact) is null}", "True True", "a platform");
        await _systems.RestAsync();
        await AssertErasedAsync(id, "supabase");
    }

    /// <summary>An e-mail of the contact's, in HubSpot and by way of the hub in Pipedrive.</summary>
    private async Task<(string InHubSpot, Guid InHub)> WrittenAsync()
    {
        await _systems.ChangeSettingsAsync("update crm_sync_configs set kinds = '{company,contact,deal,activity}'");
        var letter = _systems.HubSpot.Create("emails", new Dictionary<string, string>
        {
            ["hs_timestamp"] = "2026-10-01T08:00:00Z",
            ["hs_email_direction"] = "INCOMING_EMAIL",
            ["hs_email_subject"] = $"From {_email}",
            ["hs_email_headers"] = $$$"""{"from":{"email":"{{{_email}}}","firstName":"Ann"}}""",
        });
        await ThreeSystems.UntilAsync(() => $"{Letters()}", "1", "Pipedrive");
        await _systems.RestAsync();
        return (letter, await _systems.Hub.ScalarAsync<Guid>($"select id from crm_activities where from_email = '{_email}'"));
    }

    private int Letters() => _systems.Pipedrive.Records("activities").Count(activity => activity["subject"]?.ToString() == $"From {_email}" && activity["is_deleted"]?.GetValue<bool>() != true);

    private async Task AssertErasedAsync(Guid id, string source, RecordKind kind = RecordKind.Contact)
    {
        _systems.Person(_email).ShouldBeNull();
        _systems.Contact(_email).ShouldBeNull();
        using var certificate = JsonDocument.Parse(
            (await _systems.Functions.Services.GetRequiredService<Erasures>().CertificateAsync(_systems.Hub.Id, kind, id, CancellationToken.None))!);
        certificate.RootElement.GetProperty("source").GetString().ShouldBe(source);
        foreach (var platform in certificate.RootElement.GetProperty("platforms").EnumerateObject())
            platform.Value.GetProperty("state").GetString().ShouldBe("erased", platform.Name);
        foreach (var table in await _systems.Hub.RowsAsync("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname like 'crm%'"))
            (await _systems.Hub.ScalarAsync<long>($"select count(*) from {table} t where to_jsonb(t)::text ilike '%{_email}%'")).ShouldBe(0, table);
        (await _systems.Hub.ScalarAsync<long>($"select count(*) from crm_webhook_events where position(convert_to('{_email}', 'UTF8') in raw) > 0")).ShouldBe(0);
    }

    private async Task<string?> AwayAsync() =>
        await _systems.Hub.ScalarAsync<bool>($"select exists (select from crm_contacts where email = '{_email}' and deleted_at is null and archived_at is not null)") ? "away" : "here";

    private async Task GoneAsync()
    {
        await ThreeSystems.UntilAsync(() => $"{_systems.Person(_email) is null} {_systems.Contact(_email) is null}", "True True", "a platform");
        await _systems.RestAsync();
        (await _systems.HubNameAsync(_email)).ShouldBeNull();
    }

    private async Task EverywhereAsync()
    {
        await ThreeSystems.UntilAsync(() => $"{_systems.Person(_email) is null} {_systems.Contact(_email) is null}", "False False", "a platform");
        await _systems.RestAsync();
        (await _systems.HubNameAsync(_email)).ShouldNotBeNull();
        _systems.Pipedrive.Records("persons").Count(person => person["emails"]!.ToJsonString().Contains(_email, StringComparison.Ordinal)).ShouldBe(1);
        _systems.HubSpot.Records("contacts").Count(contact => contact["email"] == _email).ShouldBe(1);
    }
}
