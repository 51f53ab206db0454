using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>A record without a link, for the match plan.</summary>
/// <param name="ExternalId">Null for one of the hub.</param>
/// <param name="Label">For a person to recognise it by: personal data.</param>
/// <param name="Keys">Strongest first.</param>
internal sealed record MatchItem(Guid Id, MatchSide Side, RemoteKind RemoteKind, string? ExternalId, string? Label, ImmutableArray<string> Keys)
{
    private const int LongestKey = 500;
    private const int LongestLabel = 200;

    private static readonly ImmutableDictionary<RecordKind, ImmutableArray<string>> LabelFields = new Dictionary<RecordKind, ImmutableArray<string>>
    {
        [RecordKind.Contact] = ["first_name", "last_name", "email"],
        [RecordKind.Company] = ["name", "domain"],
        [RecordKind.Deal] = ["name", "amount", "currency"],
        [RecordKind.Activity] = ["type", "subject"],
        [RecordKind.Task] = ["subject", "due_at"],
    }.ToImmutableDictionary();

    public static MatchItem Here(HubRecord record, RemoteKind kind, RecordShape shape, DealRule rule, Guid? company) => Of(
        record.Id, MatchSide.Here, kind, null, shape, i => record.Values[i], rule, company, record.Id);

    /// <param name="company">The hub's company that the platform's company of a deal is linked or matched to.</param>
    public static MatchItem There(RemoteRecord record, RecordShape shape, DealRule rule, Guid? company) => Of(
        IdOf(record.Ref), MatchSide.There, record.Ref.Kind, record.Ref.Id, shape, i => record.Fields[i].Value, rule, company, record.SyncId);

    /// <summary>The same for the same record, so that a page that is read twice adds nothing; <c>crm_erase_record</c> makes it too.</summary>
    public static Guid IdOf(RemoteRef reference) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{reference.Kind.ToName()}:{reference.Id}")).AsSpan(0, 16), bigEndian: true);

    private static MatchItem Of(
        Guid id, MatchSide side, RemoteKind kind, string? externalId, RecordShape shape, Func<int, string?> valueOf, DealRule rule, Guid? company, Guid? syncId)
    {
        string? Value(string field) => shape.IndexOf(field) is >= 0 and var i ? valueOf(i) : null;
        var byRule = shape.Kind == RecordKind.Deal ? rule.KeyOf(Value, company) : null;
        string?[] keys = [syncId is { } ours ? $"sync:{ours}" : null, .. MatchKeys.Of(shape, valueOf), byRule];
        var label = string.Join(' ', LabelFields[shape.Kind].Select(Value).Where(value => !string.IsNullOrEmpty(value)));
        return new(id, side, kind, externalId, Storable(label, LongestLabel), [.. keys.OfType<string>().Select(Bounded)]);
    }

    // What an index can hold: longer ones are still equal where they are equal.
    private static string Bounded(string key) => key.Length <= LongestKey
        ? Storable(key, LongestKey)!
        : $"{key[..key.IndexOf(':', StringComparison.Ordinal)]}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    private static string? Storable(string text, int longest)
    {
        var plain = text.Replace("\0", "", StringComparison.Ordinal);
        var cut = plain.Length <= longest ? plain : plain[..(char.IsHighSurrogate(plain[longest - 1]) ? longest - 1 : longest)];
        return cut.Length == 0 ? null : cut;
    }
}
