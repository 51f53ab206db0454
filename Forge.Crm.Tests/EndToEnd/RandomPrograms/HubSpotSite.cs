using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>People in HubSpot's pages.</summary>
internal sealed class HubSpotSite(HubSpotAccount account, Witness witness) : IPlatformSite
{
    private const int PrimaryCompany = 1;

    public Platform Platform => Platform.HubSpot;

    public Task<IReadOnlyList<string>> LiveAsync(RecordKind kind) => Task.FromResult<IReadOnlyList<string>>([.. account.Records(Plural(kind)).Select(record => record.Id)]);

    public Task<IReadOnlyList<string>> DeletedAsync(RecordKind kind) => Task.FromResult<IReadOnlyList<string>>(
        [.. witness.Deleted(Platform, account.PortalId, kind).Where(id => account.Find(Plural(kind), id) is { ArchivedAt: not null } found && found.Id == id)]);

    public Task CreateAsync(RecordKind kind, int number) => DoAsync(() => account.Create(Plural(kind), kind switch
    {
        RecordKind.Contact => new Dictionary<string, string> { ["email"] = $"p{number}@example.com", ["firstname"] = $"Person {number}" },
        RecordKind.Company => new() { ["name"] = $"Company {number}" },
        _ => new() { ["hs_call_title"] = $"Call {number}", ["hs_timestamp"] = "2026-10-01T08:00:00Z" },
    }));

    public Task EditAsync(string id, LiveField field, string value) =>
        DoAsync(() => account.Edit(Plural(field.Kind), id, new Dictionary<string, string> { [field.HubSpot] = value }));

    public Task DeleteAsync(RecordKind kind, string id) => DoAsync(() => account.Archive(Plural(kind), id));

    public Task RestoreAsync(RecordKind kind, string id) => DoAsync(() => account.Restore(Plural(kind), id));

    // Both ways in which HubSpot has merged: into the primary one, and into a new one.
    public Task MergeAsync(RecordKind kind, string survivor, string loser) =>
        DoAsync(() => account.Merge(Plural(kind), survivor, loser, newId: survivor[^1] % 2 == 0));

    public Task AssociateAsync(string contact, string company, bool isAdded) => DoAsync(() =>
    {
        if (isAdded)
            account.Associate("contacts", contact, "companies", company, company[^1] % 2 == 0 ? PrimaryCompany : null);
        else
            account.Dissociate("contacts", contact, "companies", company);
    });

    public string? Value(LiveField field, string id) => account.Find(Plural(field.Kind), id)?[field.HubSpot];

    public IReadOnlyList<string> CompaniesOf(string contact) => account.AssociatedIds("contacts", contact, "companies");

    public string? SyncIdOf(RecordKind kind, string id) => account.Find(Plural(kind), id)?["forge_sync_id"];

    private static string Plural(RecordKind kind) => LiveKind.Of(kind).HubSpot;

    private static Task DoAsync(Action work)
    {
        try
        {
            work();
        }
        catch (HubSpotProblem)
        {
            // Gone by now, or an address that another contact has: the page says so.
        }

        return Task.CompletedTask;
    }
}
