using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Two edits of one field that a person is to decide between, with what both started from.</summary>
internal sealed class ConflictRecordRow
{
    public Guid TenantId { get; set; }
    public Guid Id { get; set; }
    public string Kind { get; set; } = "";
    public Guid RecordId { get; set; }
    public string Field { get; set; } = "";
    public string Platform { get; set; } = "";
    public string? BaseValue { get; set; }
    public string? HubValue { get; set; }
    public string HubStamp { get; set; } = "";
    public string? RemoteValue { get; set; }
    public string RemoteStamp { get; set; } = "";

    /// <summary>Why a person is asked: the field's strategy, or a platform that undoes every push.</summary>
    public string Reason { get; set; } = "review";

    public string State { get; set; } = "open";

    /// <summary>What a person picked: the hub's value, the platform's, or one of their own.</summary>
    public string? Resolution { get; set; }

    public string? ResolvedBy { get; set; }
    public DateTimeOffset OpenedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
    public DateTimeOffset? ResolvedAt { get; set; }
}

internal sealed class ConflictRecordRowConfiguration : IEntityTypeConfiguration<ConflictRecordRow>
{
    public void Configure(EntityTypeBuilder<ConflictRecordRow> builder)
    {
        builder.ToTable("crm_conflict_records", table => table
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("reason", "review", "normal_forms")
            .OneOf("state", "open", "resolved", "superseded"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.Reason).Default("'review'");
        builder.Property(row => row.State).Default("'open'");
        builder.Property(row => row.OpenedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.Index("ix_crm_conflict_records_open", row => new { row.TenantId, row.RecordId, row.Field, row.Platform }).IsUnique()
            .HasFilter("state = 'open'");
    }
}
