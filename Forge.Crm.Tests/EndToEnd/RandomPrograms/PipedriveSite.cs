using System.Globalization;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>People in Pipedrive's pages.</summary>
internal sealed class PipedriveSite(PipedriveAccount account, Witness witness) : IPlatformSite
{
    public Platform Platform => Platform.Pipedrive;

    public Task<IReadOnlyList<string>> LiveAsync(RecordKind kind) => Task.FromResult<IReadOnlyList<string>>([.. account.Records(Plural(kind)).Select(record => record["id"]!.ToString())]);

    // What comes back within the second of its deletion looks older than that: one of the limits that are named.
    public Task<IReadOnlyList<string>> DeletedAsync(RecordKind kind) => Task.FromResult<IReadOnlyList<string>>(
    [
        .. witness.Deleted(Platform, account.CompanyId, kind, before: TimeProvider.System.GetUtcNow().AddSeconds(-1))
            .Where(id => account.Find(Plural(kind), id)?["is_deleted"]?.GetValue<bool>() == true),
    ]);

    public Task CreateAsync(RecordKind kind, int number) => DoAsync(() => account.Create(Plural(kind), kind switch
    {
        RecordKind.Contact => new() { ["first_name"] = $"Person {number}", ["emails"] = new JsonArray(new JsonObject { ["value"] = $"p{number}@example.com", ["primary"] = true }) },
        RecordKind.Company => new() { ["name"] = $"Company {number}" },
        _ => new() { ["type"] = "call", ["subject"] = $"Call {number}", ["due_date"] = "2026-10-01", ["due_time"] = "08:00:00" },
    }));

    public Task EditAsync(string id, LiveField field, string value) => field.Pipedrive is { } member
        ? DoAsync(() => account.Edit(Plural(field.Kind), id, new() { [member] = field.ToPipedrive(value) }))
        : Task.CompletedTask;

    public Task DeleteAsync(RecordKind kind, string id) => DoAsync(() => account.Delete(Plural(kind), id));

    public Task RestoreAsync(RecordKind kind, string id) => DoAsync(() => account.Restore(Plural(kind), id));

    public Task MergeAsync(RecordKind kind, string survivor, string loser) => DoAsync(() => account.Merge(Plural(kind), survivor, loser));

    public Task AssociateAsync(string contact, string company, bool isAdded) => DoAsync(() =>
    {
        if (isAdded || CompaniesOf(contact).Contains(company))
            account.Edit("persons", contact, new() { ["org_id"] = isAdded ? long.Parse(company, CultureInfo.InvariantCulture) : null });
    });

    public string? Value(LiveField field, string id) => field.FromPipedrive(account.Find(Plural(field.Kind), id)!);

    public IReadOnlyList<string> CompaniesOf(string contact) =>
        account.Find("persons", contact)?["org_id"] is { } id && account.Find("organizations", id.ToString())?["is_deleted"]?.GetValue<bool>() == false ? [id.ToString()] : [];

    public string? SyncIdOf(RecordKind kind, string id) => account.Find(Plural(kind), id)?["custom_fields"]?.AsObject()
        .Select(field => field.Value?.ToString()).FirstOrDefault(value => Guid.TryParse(value, out _));

    private static string Plural(RecordKind kind) => LiveKind.Of(kind).Pipedrive;

    private static Task DoAsync(Action work)
    {
        try
        {
            work();
        }
        catch (PipedriveProblem)
        {
            // Gone by now: the page says so.
        }

        return Task.CompletedTask;
    }
}
