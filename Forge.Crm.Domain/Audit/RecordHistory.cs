using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Audit;

/// <summary>A record as its history tells it.</summary>
/// <param name="Values">Canonical, in the order of the kind's shape.</param>
/// <param name="Associated">The hub ids of the records that it belongs to, by their kind.</param>
public sealed record PastRecord(
    ImmutableArray<string?> Values, DateTimeOffset? DeletedAt, Guid? MergedIntoId, ImmutableHashSet<(RecordKind Kind, Guid Id)> Associated);

/// <summary>Rebuilds a record from its history alone: as it is now, or as it was when the last of the given entries had been written.</summary>
public sealed class RecordHistory(RecordShape shape, TenantLocale locale)
{
    private static readonly ImmutableDictionary<HistoryAction, Func<RecordHistory, PastRecord, HistoryEntry, PastRecord>> Steps =
        new Dictionary<HistoryAction, Func<RecordHistory, PastRecord, HistoryEntry, PastRecord>>
        {
            [HistoryAction.Create] = (history, record, entry) => record with { Values = history.Created(entry) },
            [HistoryAction.Set] = (history, record, entry) => record with { Values = history.Set(record.Values, entry) },
            [HistoryAction.Lost] = (_, record, _) => record,
            [HistoryAction.Held] = (_, record, _) => record,
            [HistoryAction.Delete] = (_, record, entry) => record with { DeletedAt = entry.ChangedAt },
            [HistoryAction.Restore] = (_, record, _) => record with { DeletedAt = null },
            [HistoryAction.Merge] = (_, record, entry) => Merged(record, entry),
            [HistoryAction.Associate] = (_, record, entry) => record with { Associated = record.Associated.Add(Other(entry, entry.NewValue)) },
            [HistoryAction.Dissociate] = (_, record, entry) => record with { Associated = record.Associated.Remove(Other(entry, entry.OldValue)) },
        }.ToImmutableDictionary();

    private readonly PastRecord _nothing = new(ImmutableArray.Create(new string?[shape.Count]), null, null, []);

    /// <param name="entries">Of one record, in the order in which they were written, from its creation on.</param>
    /// <returns>Null where nothing created it.</returns>
    public PastRecord? Rebuild(IEnumerable<HistoryEntry> entries)
    {
        PastRecord? record = null;
        foreach (var entry in entries)
            record = Steps[entry.Action](this, record ?? _nothing, entry);
        return record;
    }

    private ImmutableArray<string?> Created(HistoryEntry entry)
    {
        var values = new string?[shape.Count];
        using var document = JsonDocument.Parse(entry.NewValue ?? "{}");
        foreach (var member in document.RootElement.EnumerateObject())
        {
            if (shape.IndexOf(member.Name) is >= 0 and var i)
                values[i] = Canonically(i, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText());
        }

        return [.. values];
    }

    // A field that the tenant has removed since is no part of the record any more.
    private ImmutableArray<string?> Set(ImmutableArray<string?> values, HistoryEntry entry) =>
        shape.IndexOf(entry.Field ?? "") is >= 0 and var i ? values.SetItem(i, Canonically(i, entry.NewValue)) : values;

    private string? Canonically(int i, string? text) => HistoryValue.Canonical(shape.Fields[i].Type, text, locale);

    private static PastRecord Merged(PastRecord record, HistoryEntry entry) =>
        Guid.TryParse(entry.NewValue, out var into) && into != entry.RecordId
            ? record with { MergedIntoId = record.MergedIntoId ?? into, DeletedAt = record.DeletedAt ?? entry.ChangedAt }
            : record; // an id that became another name of the same record

    private static (RecordKind, Guid) Other(HistoryEntry entry, string? id) => (Names.Parse<RecordKind>(entry.Field!), Guid.Parse(id!));
}
