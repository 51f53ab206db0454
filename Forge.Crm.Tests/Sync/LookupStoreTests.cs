using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;

namespace Forge.Crm.Tests.Sync;

public sealed class LookupStoreTests
{
    private static readonly TenantLocale Locale = TenantLocale.Default;

    [Fact]
    public async Task One_person_on_two_platforms_has_one_id()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var other = new FakeCrm(bed.Clock);
        other.Owners[0] = new("900", " OLGA@example.com", "Olga O.", true);
        bed.Crm.Owners.Add(new("8", "olga@example.com", "Olga, deactivated", false));

        var here = await RefreshAsync(bed, Lookups.None(Locale));
        var there = await bed.Lookups.RefreshAsync(
            SyncBed.Tenant, Platform.Pipedrive, Lookups.None(Locale), new FakeAccount(other, Platform.Pipedrive, FakeCrm.Token), CancellationToken.None);

        here.OwnerIn("7").ShouldNotBeNull();
        here.OwnerIn("8").ShouldBe(here.OwnerIn("7"));
        there.OwnerIn("900").ShouldBe(here.OwnerIn("7"));
        there.OwnerOut(here.OwnerIn("7")).ShouldBe("900");
    }

    [Fact]
    public async Task What_did_not_change_is_not_written()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var first = await RefreshAsync(bed, Lookups.None(Locale));
        var before = await bed.FingerprintAsync();

        var second = await RefreshAsync(bed, Lookups.None(Locale));

        (await bed.FingerprintAsync()).ShouldBe(before);
        second.OwnerIn("7").ShouldBe(first.OwnerIn("7"));
        second.StageIn("won").ShouldBe(first.StageIn("won"));
        (await bed.Lookups.LoadAsync(SyncBed.Tenant, Platform.HubSpot, Locale, CancellationToken.None)).StageIn("won").ShouldBe(first.StageIn("won"));
    }

    [Fact]
    public async Task What_the_platform_lists_no_more_keeps_its_id_and_becomes_inactive()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var first = await RefreshAsync(bed, Lookups.None(Locale));
        bed.Crm.Owners.Clear();
        bed.Crm.Stages.RemoveAt(0);

        var second = await RefreshAsync(bed, Lookups.None(Locale));

        second.OwnerIn("7").ShouldBe(first.OwnerIn("7"));
        second.Owners.ShouldHaveSingleItem().IsActive.ShouldBeFalse();
        second.StageIn("new").ShouldBe(first.StageIn("new"));
        second.Stages.Single(stage => stage.ExternalId == "new").IsArchived.ShouldBeTrue();
        (await bed.CountAsync("crm_owners where not active")).ShouldBe(1);
        (await bed.CountAsync("crm_stages where archived")).ShouldBe(1);
    }

    [Fact]
    public async Task What_nobody_lists_gets_a_placeholder_that_the_real_one_takes_over()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        var known = await RefreshAsync(bed, Lookups.None(Locale));
        (known.OwnerIn("55"), known.StageIn("lost"), known.PipelineIn("partners")).ShouldBe((null, null, null));

        var filled = await RefreshAsync(bed, known);

        filled.OwnerIn("55").ShouldNotBeNull();
        filled.StageIn("lost").ShouldNotBeNull();
        filled.PipelineIn("partners").ShouldNotBeNull();
        filled.HasMissing.ShouldBeFalse();
        var loaded = await bed.Lookups.LoadAsync(SyncBed.Tenant, Platform.HubSpot, Locale, CancellationToken.None);
        (loaded.OwnerIn("55"), loaded.StageIn("lost"), loaded.PipelineIn("partners"))
            .ShouldBe((filled.OwnerIn("55"), filled.StageIn("lost"), filled.PipelineIn("partners")));

        bed.Crm.Stages.Add(new("partners", "Partners", "lost", "Lost", 2, 0m, "lost", false));
        var listed = await RefreshAsync(bed, Lookups.None(Locale));
        (listed.StageIn("lost"), listed.PipelineIn("partners"), listed.StatusIn("lost")).ShouldBe((filled.StageIn("lost"), filled.PipelineIn("partners"), "lost"));
        (await bed.Lookups.LoadAsync(SyncBed.Tenant, Platform.HubSpot, Locale, CancellationToken.None)).StatusIn("lost").ShouldBe("lost");
    }

    [Fact]
    public async Task Workers_that_refresh_at_the_same_time_agree()
    {
        await using var bed = await SyncBed.ConnectedAsync();
        bed.Crm.Owners.AddRange(Enumerable.Range(100, 300).Select(n => new RemoteOwner($"{n}", $"o{n / 2}@example.com", null, true)));

        var all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => RefreshAsync(bed, Lookups.None(Locale)))));

        foreach (var lookups in all)
            lookups.Owners.ShouldBe(all[0].Owners, ignoreOrder: true);
        all[0].Owners.Select(owner => owner.OwnerId).Distinct().Count().ShouldBe(151);
    }

    private static Task<Lookups> RefreshAsync(SyncBed bed, Lookups known) => bed.Lookups.RefreshAsync(
        SyncBed.Tenant, Platform.HubSpot, known, new FakeAccount(bed.Crm, Platform.HubSpot, FakeCrm.Token), CancellationToken.None);
}
