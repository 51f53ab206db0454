using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The columns that the five record tables share.</summary>
internal abstract class RecordRow
{
    public Guid TenantId { get; set; }
    public Guid Id { get; set; }

    /// <summary>Values of fields without a column of their own, by key.</summary>
    public string CustomFields { get; set; } = "{}";

    /// <summary>Field name to stamp: when and where the value was made. Key <c>*</c> stands for every field not listed.</summary>
    public string FieldStamps { get; set; } = "{}";

    /// <summary>Counts the row's changes; kept by a trigger.</summary>
    public long Version { get; set; } = 1;

    /// <summary>A field like those of the table: people put records away and bring them back, and so does a platform's deletion where it is to archive.</summary>
    public DateTimeOffset? ArchivedAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? DeletedAt { get; set; }

    /// <summary>The record that this one was merged into; null for a record of its own.</summary>
    public Guid? MergedIntoId { get; set; }
}

/// <summary>What the five record tables have in common.</summary>
internal abstract class RecordRowConfiguration<T>(string table) : IEntityTypeConfiguration<T>
    where T : RecordRow
{
    /// <inheritdoc />
    public void Configure(EntityTypeBuilder<T> builder)
    {
        builder.ToTable(table, Checks);
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.TenantId).Made(ColumnRules.TenantOfCaller);
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        Fields(builder);
        builder.Property(row => row.CustomFields).Json();
        builder.Property(row => row.FieldStamps).Json();
        builder.Property(row => row.Version).Default("1");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.HasOne<T>().WithMany().HasForeignKey(row => new { row.TenantId, row.MergedIntoId }).OnDelete(DeleteBehavior.Restrict);
        // Whoever erases a person must also find the records that were merged into theirs.
        builder.Index($"ix_{table}_merged", row => new { row.TenantId, row.MergedIntoId }).HasFilter("merged_into_id is not null");
    }

    /// <summary>The table's own columns, where a name and a CLR type do not say enough.</summary>
    protected virtual void Fields(EntityTypeBuilder<T> builder)
    {
    }

    /// <summary>The closed sets among the table's own columns.</summary>
    protected virtual void Checks(TableBuilder<T> table)
    {
    }
}
