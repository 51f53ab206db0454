using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>A project's columns and the hub's fields, both ways. A field that no column is mapped to is not known there, rather than empty.</summary>
internal static class SupabaseProjectFields
{
    /// <summary>The hub's field that says whether an activity is a call, an e-mail, a meeting or a note: here the kind itself says it.</summary>
    public const string KindField = "type";

    // Without leads: a lead is a second link of the contact that its person is, and such links are not joined yet.
    public static readonly ImmutableArray<RemoteKind> Kinds =
    [
        RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal,
        RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task,
    ];

    private delegate FieldMap Map(string column, string field);

    private static readonly ImmutableDictionary<string, Map> References = new Dictionary<string, Map>
    {
        ["owner_id"] = (column, field) => new(column, field, (id, lookups) => lookups.OwnerIn(id), (id, lookups) => lookups.OwnerOut(id)),
        ["pipeline_id"] = (column, field) => new(column, field, (id, lookups) => lookups.PipelineIn(id), (id, lookups) => lookups.PipelineOut(id)),
        ["stage_id"] = (column, field) => new(column, field, (id, lookups) => lookups.StageIn(id), (id, lookups) => lookups.StageOut(id)),
    }.ToImmutableDictionary();

    public static RecordMapper MapperOf(SupabaseProjectTable table, RecordShape shape) => new(
        table.Kind, shape,
        [
            .. table.Fields.Select(column => References.TryGetValue(column.Field, out var reference) ? reference(column.Name, column.Field) : FieldMap.Same(column.Name, column.Field)),
            .. Derived(table),
        ]);

    private static IEnumerable<FieldMap> Derived(SupabaseProjectTable table)
    {
        if (table.Kind.ToRecordKind() == RecordKind.Activity)
            yield return new(table.Id, KindField, (_, _) => table.Kind.ToName(), null);
        var stage = table.Fields.FirstOrDefault(column => column.Field == "stage_id");
        if (stage is not null && table.Fields.All(column => column.Field != "status"))
            yield return new(stage.Name, "status", (id, lookups) => lookups.StatusIn(id), null);
    }
}
