using System.Collections.Immutable;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Which tables and columns of a tenant's own project are what here; see <see cref="SupabaseProjectDocument"/> for its written form.</summary>
/// <param name="Schema">Null for the first that the project exposes, as a rule <c>public</c>.</param>
/// <param name="Tables">A table a kind; several kinds may share one table and are told apart by <see cref="SupabaseProjectTable.Where"/>.</param>
/// <param name="Owners">Null where no column holds an owner.</param>
/// <param name="Stages">The texts that a deal's stage column holds, in their order.</param>
internal sealed record SupabaseProjectMapping(
    string? Schema, ImmutableArray<SupabaseProjectTable> Tables, SupabaseProjectOwners? Owners, ImmutableArray<RemoteStage> Stages)
{
    public static readonly SupabaseProjectMapping None = new(null, [], null, []);

    /// <exception cref="InvalidOperationException">The kind has no table: nobody may ask for it.</exception>
    public SupabaseProjectTable Of(RemoteKind kind) =>
        Tables.FirstOrDefault(table => table.Kind == kind) ?? throw new InvalidOperationException($"The project has no table of kind {kind.ToName()}.");
}

/// <summary>A table whose rows are records of one kind. Names are the project's own.</summary>
/// <param name="Id">The primary key: one column, of whatever type.</param>
/// <param name="UpdatedAt">Moved by every edit, by the database's clock.</param>
/// <param name="DeletedAt">Set where a row counts as deleted; null where rows are deleted for good.</param>
/// <param name="Origin">Who wrote last: where we leave our mark, see <see cref="SupabaseProjectOrigin"/>.</param>
/// <param name="SyncId">Holds the hub's id of records that we created; unique.</param>
/// <param name="Links">By kind: the column that names the one record of that kind that a row belongs to.</param>
internal sealed record SupabaseProjectTable(
    RemoteKind Kind,
    string Name,
    string Id,
    string UpdatedAt,
    string? CreatedAt,
    string? DeletedAt,
    string? Origin,
    string? SyncId,
    ImmutableArray<SupabaseProjectColumn> Fields,
    ImmutableArray<KeyValuePair<RemoteKind, string>> Links,
    SupabaseProjectWhere? Where)
{
    /// <summary>Everything that is read, and nothing else of the row.</summary>
    public ImmutableArray<string> Columns { get; } =
    [
        .. new[] { Id, UpdatedAt, CreatedAt, DeletedAt, Origin, SyncId, Where?.Column }
            .Concat(Fields.Select(column => column.Name)).Concat(Links.Select(link => link.Value)).OfType<string>().Distinct(),
    ];

    public bool IsArray(string column) => Fields.Any(field => field.Name == column && field.IsArray);
}

/// <param name="IsArray">Whether it holds several values, as an array of the database's; a set of ours.</param>
internal sealed record SupabaseProjectColumn(string Field, string Name, bool IsArray);

/// <summary>Only rows with this text in this column are of the kind.</summary>
internal sealed record SupabaseProjectWhere(string Column, string Value);

/// <summary>The table of the people whom owner columns name by its id.</summary>
internal sealed record SupabaseProjectOwners(string Table, string Id, string? Email, string? Name);
