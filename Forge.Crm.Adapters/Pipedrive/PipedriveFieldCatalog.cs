using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What is known of an account's custom fields of one kind.</summary>
/// <param name="Types">By key: Pipedrive's own word for the type.</param>
/// <param name="SyncId">The key of our own field; null where there is none yet.</param>
internal sealed record PipedriveFieldSet(ImmutableDictionary<string, string> Types, string? SyncId);

/// <summary>
/// An account's custom fields, asked for when one is to be written, and again for a key that is not known. Our own field is made before the first creation:
/// an account that is only read from must not be changed.
/// </summary>
/// <param name="known">By kind of this account.</param>
internal sealed class PipedriveFieldCatalog(PipedriveCaller caller, ConcurrentDictionary<RemoteKind, PipedriveFieldSet> known)
{
    private const string OwnType = "varchar";

    /// <summary>Whether records of the kind can carry our id.</summary>
    public static bool HasFields(RemoteKind kind) => PipedriveFieldList.Kinds.Contains(kind);

    /// <returns>Without the keys that the account does not have.</returns>
    public async ValueTask<IReadOnlyDictionary<string, string>> TypesAsync(RemoteKind kind, IEnumerable<string> properties, CancellationToken ct)
    {
        var codes = properties.Where(PipedriveSyncId.IsCode).ToList();
        if (codes.Count == 0 || !HasFields(kind))
            return ImmutableDictionary<string, string>.Empty;
        return known.TryGetValue(kind, out var set) && codes.TrueForAll(set.Types.ContainsKey) ? set.Types : (await LoadAsync(kind, ct)).Types;
    }

    /// <summary>The key of our own field, which is made where there is none.</summary>
    public async ValueTask<string> SyncIdAsync(RemoteKind kind, CancellationToken ct)
    {
        if (known.TryGetValue(kind, out var set) && set.SyncId is { } code)
            return code;
        if ((await LoadAsync(kind, ct)).SyncId is { } there)
            return there;
        var field = new JsonObject { ["field_name"] = PipedriveSyncId.FieldName, ["field_type"] = OwnType };
        await caller.CallAsync((api, access, call) => api.AddFieldAsync(PipedriveFieldList.EntityOf(kind), field, access, call, ct), ct, isRepeatable: false);
        // Read again: two workers may have made one each, and must agree on the first.
        return (await LoadAsync(kind, ct)).SyncId ?? throw PipedriveCaller.Unreadable($"field {PipedriveSyncId.FieldName}", $"{PipedriveFieldList.EntityOf(kind)}Fields");
    }

    private async Task<PipedriveFieldSet> LoadAsync(RemoteKind kind, CancellationToken ct)
    {
        var types = ImmutableDictionary.CreateBuilder<string, string>();
        string? syncId = null;
        foreach (var field in await PipedriveFieldList.ReadAsync(caller, kind, ct))
        {
            if (PipedriveValues.TextOf(field, "field_code") is not { } code || !PipedriveSyncId.IsCode(code))
                continue;
            types[code] = PipedriveValues.TextOf(field, "field_type") ?? throw PipedriveCaller.Unreadable("field_type", $"{PipedriveFieldList.EntityOf(kind)}Fields");
            if (PipedriveValues.TextOf(field, "field_name") == PipedriveSyncId.FieldName && types[code] == OwnType)
                syncId ??= code;
        }

        return known[kind] = new(types.ToImmutable(), syncId);
    }
}
