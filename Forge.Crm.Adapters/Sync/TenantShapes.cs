using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>
/// The fields of a tenant's records: the standard ones, and behind them those that the mapping of any of its platforms names. A kind without such has the
/// standard shape itself, so that nothing is made anew for tenants that have none.
/// </summary>
internal sealed class TenantShapes
{
    public static readonly TenantShapes Standard = new([]);

    private readonly ImmutableArray<RecordShape> _shapes;

    private TenantShapes(IReadOnlyCollection<CustomField> fields) =>
        _shapes = [.. Enum.GetValues<RecordKind>().Select(kind => ShapeOf(kind, [.. fields.Where(field => field.Kind.ToRecordKind() == kind)]))];

    public static TenantShapes Of(IEnumerable<CustomField> fields) => fields.ToList() is { Count: > 0 } own ? new(own) : Standard;

    public RecordShape Of(RecordKind kind) => _shapes[(int)kind];

    /// <summary>What speaks against a platform's fields beside those of the tenant's others; null where nothing does.</summary>
    public static string? Clash(IEnumerable<CustomField> fields, IReadOnlyCollection<(Platform Platform, CustomField Field)> others) =>
        (from field in fields
         from other in others
         where other.Field.Kind.ToRecordKind() == field.Kind.ToRecordKind() && other.Field.Key == field.Key && other.Field.Type != field.Type
         select $"{field.Place} is of type {field.Type.ToName()} here and of type {other.Field.Type.ToName()} in the mapping of {other.Platform.ToName()}; give both one type, or another key to one.")
        .FirstOrDefault();

    private static RecordShape ShapeOf(RecordKind kind, List<CustomField> fields) => fields.Count == 0
        ? StandardFields.Of(kind)
        : StandardFields.Of(kind).With(fields.Select(field => field.Field).Distinct().OrderBy(field => field.Name, StringComparer.Ordinal));
}
