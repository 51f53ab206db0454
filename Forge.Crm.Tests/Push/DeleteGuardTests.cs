using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

/// <summary>Deletions that are many wait for a person; everything else goes on.</summary>
public sealed class DeleteGuardTests : IAsyncLifetime
{
    private TwoWayHost _host = null!;

    public async Task InitializeAsync() => _host = await TwoWayHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task As_many_as_the_limit_pass_and_the_next_one_in_the_hour_is_held()
    {
        var ids = await LoadAsync(30);
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(25)]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((5, 0));

        await _host.ArchiveAsync(Platform.HubSpot, ids[25]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((5, 1));

        await _host.Hub.ExecuteAsync("update crm_deletions set sent_at = sent_at - interval '1 hour'");
        await _host.ArchiveAsync(Platform.HubSpot, ids[26]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((4, 1));
    }

    [Fact]
    public async Task Many_at_once_are_all_held_and_stand_in_nobodys_way()
    {
        var ids = await LoadAsync(30);
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(26)]);
        await _host.EditAsync(Platform.HubSpot, ids[29], ("jobtitle", "CTO"));
        await _host.SettleAsync();

        (Left, await HeldAsync()).ShouldBe((30, 26));
        _host.There(Platform.Pipedrive, "c30@example.com", "jobtitle").ShouldBe("CTO");
        using var list = JsonDocument.Parse(await _host.Get<HeldDeletions>().ListAsync(_host.Hub.Id, null, CancellationToken.None));
        var held = list.RootElement.GetProperty("held").EnumerateArray().ShouldHaveSingleItem();
        (held.GetProperty("platform").GetString(), held.GetProperty("kind").GetString(), held.GetProperty("count").GetInt32()).ShouldBe(("pipedrive", "contact", 26));
        list.RootElement.GetProperty("deletions").GetArrayLength().ShouldBe(26);
        list.RootElement.GetProperty("deletions")[0].GetProperty("reason").GetString()!.ShouldStartWith("one of 26 deletions of the kind contact");
    }

    [Fact]
    public async Task What_a_person_approves_is_deleted_and_written_down()
    {
        var ids = await LoadAsync(30);
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(28)]);
        await _host.SettleAsync();

        (await _host.Get<HeldDeletions>().ApproveAsync(_host.Hub.Id, Platform.Pipedrive, RecordKind.Contact, "admin-1", CancellationToken.None)).ShouldBe(28);
        await _host.SettleAsync();

        (Left, await HeldAsync()).ShouldBe((2, 0));
        (await _host.Hub.RowsAsync("select distinct actor, new_value from crm_audit_log where kind = 'push'")).ShouldBe(["admin-1|approved"]);
        (await _host.Get<HeldDeletions>().ApproveAsync(_host.Hub.Id, Platform.Pipedrive, RecordKind.Contact, "admin-1", CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task What_a_person_restores_is_alive_here_and_there_and_made_again_where_it_was_deleted()
    {
        var ids = await LoadAsync(30);
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(28)]);
        await _host.SettleAsync();
        _host.HubSpot.All(RemoteKind.Contact).Count.ShouldBe(2);

        (await _host.Get<HeldDeletions>().RestoreAsync(_host.Hub.Id, Platform.Pipedrive, RecordKind.Contact, "admin-1", CancellationToken.None)).ShouldBe(28);
        await _host.SettleAsync();

        (Left, await HeldAsync()).ShouldBe((30, 0));
        _host.HubSpot.All(RemoteKind.Contact).Count.ShouldBe(30);
        _host.There(Platform.HubSpot, "c1@example.com", "firstname").ShouldBe("First 1");
        (await _host.Hub.ScalarAsync<long>("select count(*) from crm_contacts where deleted_at is null")).ShouldBe(30);
        (await _host.Hub.ScalarAsync<long>("select count(*) from crm_audit_log where action = 'restore' and actor = 'admin-1'")).ShouldBe(28);
        _host.Pipedrive.Writes.ShouldAllBe(write => write.StartsWith("create", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tenants_own_limits_count_and_so_does_a_share_of_what_is_there()
    {
        var ids = await LoadAsync(40);
        await _host.Hub.ExecuteAsync("update crm_sync_configs set delete_limit = 2, delete_percent = 50");
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(20)]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((20, 0));
        await _host.Hub.ExecuteAsync("update crm_sync_configs set delete_percent = 0");
        await _host.ArchiveAsync(Platform.HubSpot, ids[20]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((20, 1));
    }

    [Fact]
    public async Task Workers_of_several_lanes_count_together()
    {
        await _host.Hub.ExecuteAsync("update crm_sync_configs set lanes = 4 where platform = 'pipedrive'");
        var ids = await LoadAsync(60);
        await _host.ArchiveAsync(Platform.HubSpot, [.. ids.Take(50)]);
        await _host.SettleAsync();
        (Left, await HeldAsync()).ShouldBe((60, 50));
    }

    [Fact]
    public async Task A_person_who_was_erased_on_one_platform_is_erased_on_the_other_and_the_certificate_says_when()
    {
        var here = await _host.AddAsync(Platform.HubSpot, ("email", "canary@example.com"), ("firstname", "Canary"));
        await _host.SettleAsync();
        var id = await _host.Hub.ScalarAsync<Guid>("select id from crm_contacts");

        await _host.EraseAsync(Platform.HubSpot, here);
        await _host.SettleAsync();

        Left.ShouldBe(0);
        await AssertCertifiedAsync(id, "hubspot");
        // What comes late brings nothing back, here or there, and asks no platform again.
        var writes = _host.Pipedrive.Writes.Count;
        await _host.HearEverythingAgainAsync();
        await _host.EraseAsync(Platform.HubSpot, here);
        await _host.SettleAsync();
        (Left, _host.Pipedrive.Writes.Count, await _host.Hub.ScalarAsync<long>("select count(*) from crm_contacts where deleted_at is null")).ShouldBe((0, writes, 0L));
    }

    [Fact]
    public async Task A_person_who_is_erased_here_is_erased_on_both_platforms()
    {
        await _host.AddAsync(Platform.HubSpot, ("email", "canary@example.com"), ("firstname", "Canary"));
        await _host.SettleAsync();
        var id = await _host.Hub.ScalarAsync<Guid>("select id from crm_contacts");

        (await _host.Get<Erasures>().EraseAsync(_host.Hub.Id, RecordKind.Contact, id, "admin-1", CancellationToken.None)).ShouldBeTrue();
        await Timers.Wait.UntilAsync(() => Task.FromResult(Left == 0 && _host.HubSpot.All(RemoteKind.Contact).Count == 0), "it is still there");
        await _host.SettleAsync();

        await AssertCertifiedAsync(id, "supabase");
        (await _host.Get<Erasures>().EraseAsync(_host.Hub.Id, RecordKind.Contact, Guid.NewGuid(), "admin-1", CancellationToken.None)).ShouldBeFalse();
    }

    private int Left => _host.Pipedrive.All(RemoteKind.Contact).Count;

    private async Task AssertCertifiedAsync(Guid id, string source)
    {
        using var certificate = JsonDocument.Parse((await _host.Get<Erasures>().CertificateAsync(_host.Hub.Id, RecordKind.Contact, id, CancellationToken.None))!);
        certificate.RootElement.GetProperty("source").GetString().ShouldBe(source);
        foreach (var platform in new[] { "hubspot", "pipedrive" })
        {
            var target = certificate.RootElement.GetProperty("platforms").GetProperty(platform);
            (target.GetProperty("state").GetString(), target.GetProperty("at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch).ShouldBe(("erased", true), platform);
        }

        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(
            System.Text.Encoding.UTF8.GetBytes(certificate.RootElement.GetProperty("salt").GetString() + "email:canary@example.com")));
        certificate.RootElement.GetProperty("key_hashes").EnumerateArray().Select(key => key.GetString()).ShouldBe([hash]);
        foreach (var table in await _host.Hub.RowsAsync("select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname like 'crm%'"))
            (await _host.Hub.ScalarAsync<long>($"select count(*) from {table} t where to_jsonb(t)::text ilike '%canary%' or (to_jsonb(t) ->> 'raw') ilike '%' || encode('canary', 'hex') || '%'")).ShouldBe(0, table);
    }

    private async Task<string[]> LoadAsync(int contacts)
    {
        string[] ids = [.. _host.HubSpot.AddContacts(contacts)];
        await _host.Get<ICrmSync>().SyncAsync(new(_host.Hub.Id, Platform.HubSpot), null, CancellationToken.None);
        await _host.SettleAsync();
        Left.ShouldBe(contacts);
        return ids;
    }

    private async Task<int> HeldAsync() => (int)await _host.Hub.ScalarAsync<long>("select count(*) from crm_outbox where status = 'held'");
}
