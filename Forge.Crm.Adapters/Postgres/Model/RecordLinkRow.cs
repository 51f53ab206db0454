using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A record's address on one platform, and per field what that platform last showed and how level it is with the hub.</summary>
internal sealed class RecordLinkRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string RemoteKind { get; set; } = "";
    public string ExternalId { get; set; } = "";

    /// <summary>No foreign key: it points into one of five tables.</summary>
    public Guid RecordId { get; set; }

    public string State { get; set; } = "live";
    public DateTimeOffset StateAt { get; set; }

    /// <summary>The external id that this one was merged into there.</summary>
    public string? MergedInto { get; set; }

    public DateTimeOffset? RemoteVersion { get; set; }
    public DateTimeOffset? ReadAt { get; set; }
    public string Seen { get; set; } = "{}";
    public string SeenStamps { get; set; } = "{}";
    public string HubStamps { get; set; } = "{}";

    /// <summary>A push under way; null when none is.</summary>
    public string? Sent { get; set; }

    /// <summary>Per field that we wrote: when, and what the platform did to it afterwards; null when we wrote none.</summary>
    public string? Pushed { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class RecordLinkRowConfiguration : IEntityTypeConfiguration<RecordLinkRow>
{
    public void Configure(EntityTypeBuilder<RecordLinkRow> builder)
    {
        builder.ToTable("crm_record_links", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("remote_kind", ColumnSets.RemoteKinds)
            .OneOf("state", "live", "deleted", "merged", "erased", "creating", "held", "excluded", "apart"));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.RemoteKind, row.ExternalId });
        builder.Property(row => row.State).Default("'live'");
        builder.Property(row => row.Seen).Json();
        builder.Property(row => row.SeenStamps).Json();
        builder.Property(row => row.HubStamps).Json();
        builder.Property(row => row.Sent).HasColumnType("jsonb");
        builder.Property(row => row.Pushed).HasColumnType("jsonb");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.Index("ix_crm_record_links_record", row => new { row.TenantId, row.RecordId });
        builder.Index("ix_crm_record_links_creating", row => new { row.TenantId, row.Platform, row.RemoteKind }).HasFilter("state = 'creating'");
    }
}
