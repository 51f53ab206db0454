using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>What a dry run would have done to one record of one platform; the hub counts as <c>supabase</c>.</summary>
internal sealed class PlannedChangeRow
{
    public Guid TenantId { get; set; }
    public Guid JobId { get; set; }
    public string Platform { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Action { get; set; } = "";

    /// <summary>The hub's; of a record that would be created, the id that it had in the rehearsal.</summary>
    public Guid RecordId { get; set; }

    /// <summary>What it is on the platform that is synced, or, of a push, on the platform that is pushed to.</summary>
    public string? RemoteKind { get; set; }

    public string? ExternalId { get; set; }

    /// <summary>An array of <c>{"field", "before", "after"}</c>: personal data. Null beyond the first thousand of its platform, kind and action.</summary>
    public string? Fields { get; set; }
}

internal sealed class PlannedChangeRowConfiguration : IEntityTypeConfiguration<PlannedChangeRow>
{
    public void Configure(EntityTypeBuilder<PlannedChangeRow> builder)
    {
        builder.ToTable("crm_sync_plans", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("action", "create", "update", "delete", "merge", "restore", "link", "unlink", "conflict", "level")
            .OneOf("remote_kind", ColumnSets.RemoteKinds));
        builder.HasKey(row => new { row.TenantId, row.JobId, row.Platform, row.Kind, row.Action, row.RecordId });
        builder.Property(row => row.Fields).HasColumnType("jsonb");
        builder.Index("ix_crm_sync_plans_detailed", row => new { row.TenantId, row.JobId, row.Platform, row.Kind, row.Action }).HasFilter("fields is not null");
        builder.Index("ix_crm_sync_plans_remote", row => new { row.TenantId, row.RemoteKind, row.ExternalId });
        builder.Index("ix_crm_sync_plans_record", row => new { row.TenantId, row.RecordId });
    }
}
