using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// HubSpot's lead object (documentation, "Leads"): a name, and from the start a contact. Not every account has it, and not every token may see it. Owner,
/// label, type and pipeline are left to the account's own rules.
/// </summary>
/// <param name="known">What was found out of this account lately.</param>
internal sealed class HubSpotLeads(
    HubSpotCaller caller, HubSpotPaths paths, HubSpotAssociationReader associations, Func<Func<Task<bool>>, CancellationToken, Task<bool>> known)
{
    private const string Name = "hs_lead_name";

    // "Lead to primary contact".
    private static readonly HubSpotLinkType OfContact = new("HUBSPOT_DEFINED", 578);

    private readonly string _path = paths.Records(RemoteKind.Lead);

    /// <inheritdoc cref="ICrmLeads.HasLeadsAsync"/>
    public Task<bool> HasLeadsAsync(CancellationToken ct) => known(AskAsync, ct);

    /// <inheritdoc cref="ICrmLeads.LeadsOfAsync"/>
    public async Task<IReadOnlyList<RemoteLead>> LeadsOfAsync(string contact, CancellationToken ct)
    {
        var ids = (await associations.ReadAsync(RemoteKind.Contact, [contact], RemoteKind.Lead, ct)).SelectMany(found => found.To).Select(lead => lead.ToId).ToList();
        var leads = new List<RemoteLead>();
        // The search would not know of one that was made seconds ago.
        foreach (var part in ids.Chunk(HubSpotReader.Limit))
        {
            var input = new HubSpotReadInput([Name], null, [.. part.Select(id => new HubSpotId(id))]);
            var read = await caller.CallAsync(HubSpotCaller.Burst, (api, token, call) => api.ReadAsync(_path, input, token, call, ct), ct);
            leads.AddRange((read.Results ?? throw HubSpotCaller.Unreadable("results", _path))
                .Select(lead => new RemoteLead(lead.Id ?? throw HubSpotCaller.Unreadable("record id", _path), lead.Properties?.GetValueOrDefault(Name))));
        }

        return leads;
    }

    /// <inheritdoc cref="ICrmLeads.CreateLeadAsync"/>
    public async Task<LeadAnswer> CreateLeadAsync(string contact, string name, CancellationToken ct)
    {
        var input = new HubSpotWriteInput(null, new Dictionary<string, string> { [Name] = name }, "0", [new(new(contact), [OfContact])]);
        var batch = new HubSpotBatches<HubSpotWriteInput, HubSpotRecord>(
            _path, [input],
            async part => await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.CreateAsync(_path, new(part), token, call, ct), ct, isRepeatable: false),
            (_, _) => true, (_, _) => true);
        var outcome = (await batch.RunAsync())[0];
        return outcome.Result is { } made
            ? new(made.Id ?? throw HubSpotCaller.Unreadable("record id", _path))
            : new(null, outcome.Refusal!.Reason ?? "HubSpot has no such contact");
    }

    /// <summary>To the recycle bin; there is no other way for leads. Those that are not there are passed over.</summary>
    public async Task<IReadOnlyList<WriteAnswer>> DeleteAsync(IReadOnlyList<string> ids, CancellationToken ct)
    {
        var leads = new HubSpotIds([.. ids.Select(id => new HubSpotId(id))]);
        await caller.RunAsync((api, token, call) => api.ArchiveAsync(_path, leads, token, call, ct), ct);
        return [.. ids.Select(_ => WriteAnswer.Deleted)];
    }

    // An account without leads, or a token that may not see them, is answered 403; of an object that is not there HubSpot says 400 or 404.
    private async Task<bool> AskAsync()
    {
        try
        {
            await caller.CallAsync(HubSpotCaller.Burst, (api, token, call) => api.ListAsync(_path, 1, null, "false", Name, null, token, call, CancellationToken.None), CancellationToken.None);
            return true;
        }
        catch (CrmCallException e) when (e.Status is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound)
        {
            return false;
        }
    }
}
