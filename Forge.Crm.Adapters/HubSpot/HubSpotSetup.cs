using System.Collections.Concurrent;
using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>
/// Sees to it that an account's records can carry our ids: a text property whose values are unique. It is made before the first write of a kind, since
/// an account that is only read from must not be changed. Checked once in the life of the process.
/// </summary>
/// <param name="checkedBefore">By kind of this account.</param>
internal sealed class HubSpotSetup(HubSpotCaller caller, HubSpotPaths paths, ConcurrentDictionary<RemoteKind, bool> checkedBefore)
{
    private static readonly HubSpotPropertyGroup Group = new("forge_crm_sync", "Forge CRM Sync");

    private static readonly HubSpotProperty SyncId = new(
        HubSpotObjects.SyncId, "Forge sync id", "string", "text", Group.Name, HasUniqueValue: true, FormField: false,
        "The record of Forge CRM Sync that this one was created for. Do not edit.");

    /// <exception cref="CrmCallException">The app may not make properties, or there is another property of that name.</exception>
    public async ValueTask EnsureAsync(RemoteKind kind, CancellationToken ct)
    {
        if (checkedBefore.ContainsKey(kind))
            return;
        var property = await FindAsync(kind, ct) ?? await AddAsync(kind, ct);
        if (!property.HasUniqueValue)
            throw new CrmCallException(Platform.HubSpot, HttpStatusCode.Conflict, $"the property {SyncId.Name} of {HubSpotObjects.NameOf(kind)} is not unique: rename it");
        checkedBefore[kind] = true;
    }

    private async Task<HubSpotProperty?> FindAsync(RemoteKind kind, CancellationToken ct)
    {
        try
        {
            return await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.PropertyAsync(paths.PropertiesOf(kind), SyncId.Name, token, call, ct), ct);
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private async Task<HubSpotProperty> AddAsync(RemoteKind kind, CancellationToken ct)
    {
        await UnlessThereAsync(() => caller.CallAsync(
            HubSpotCaller.Burst, (api, token, call) => api.AddGroupAsync(paths.PropertiesOf(kind), Group, token, call, ct), ct));
        await UnlessThereAsync(() => caller.CallAsync(
            HubSpotCaller.Burst, (api, token, call) => api.AddPropertyAsync(paths.PropertiesOf(kind), SyncId, token, call, ct), ct));
        return await FindAsync(kind, ct) ?? throw HubSpotCaller.Unreadable($"property {SyncId.Name}", paths.PropertiesOf(kind));
    }

    // Another worker was faster, or an answer was lost.
    private static async Task UnlessThereAsync(Func<Task> add)
    {
        try
        {
            await add();
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.Conflict)
        {
        }
    }
}
