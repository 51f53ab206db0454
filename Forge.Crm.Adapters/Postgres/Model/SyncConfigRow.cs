using Forge.Crm.Domain.Mapping;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>How one tenant syncs with one platform.</summary>
internal sealed class SyncConfigRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Direction { get; set; } = "read";
    public string[] Kinds { get; set; } = ["company", "contact", "deal"];
    public string Strategy { get; set; } = "timestamp_based";
    public string Strategies { get; set; } = "{}";
    public string[] PlatformRanks { get; set; } = ["supabase", "hubspot", "pipedrive"];
    public string Mapping { get; set; } = "{}";
    public int IntervalMinutes { get; set; } = 15;
    public string DeletePolicy { get; set; } = "propagate";

    /// <summary>So many deletions of a kind in an hour are pushed in any case; further ones are held for a person.</summary>
    public int DeleteLimit { get; set; } = 25;

    /// <summary>Of a kind's live records there: so many may be deleted in an hour, where that is more.</summary>
    public int DeletePercent { get; set; } = 2;

    /// <summary>Where the vault keeps the credentials; never the credentials.</summary>
    public string? SecretRef { get; set; }

    public bool Enabled { get; set; } = true;
    public string State { get; set; } = "connected";
    public int Lanes { get; set; } = 1;
    public string Cursors { get; set; } = "{}";
    public DateTimeOffset? ReconciledAt { get; set; }

    /// <summary>Webhooks told less than happened: a sweep that begins at this time or later finds the rest. Null where none ever did.</summary>
    public DateTimeOffset? SweepWantedAt { get; set; }

    /// <summary>Whether the first connection waits for a match plan; until it is settled nothing is joined, created or pushed.</summary>
    public string MatchState { get; set; } = "none";

    /// <summary>The plan that was last made (<c>job</c>), and what was approved of it: <c>choices</c>, <c>approved_by</c>, <c>approved_at</c>.</summary>
    public string MatchPlan { get; set; } = "{}";

    /// <summary>By what deals are the same as the platform's; empty: by nothing.</summary>
    public string[] DealMatch { get; set; } = [];

    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class SyncConfigRowConfiguration : IEntityTypeConfiguration<SyncConfigRow>
{
    public void Configure(EntityTypeBuilder<SyncConfigRow> builder)
    {
        builder.ToTable("crm_sync_configs", Checks);
        builder.HasKey(row => new { row.TenantId, row.Platform });
        builder.Property(row => row.Direction).Default("'read'");
        builder.Property(row => row.Kinds).Default("'{company,contact,deal}'");
        builder.Property(row => row.Strategy).Default("'timestamp_based'");
        builder.Property(row => row.Strategies).Json();
        builder.Property(row => row.PlatformRanks).Default("'{supabase,hubspot,pipedrive}'");
        builder.Property(row => row.Mapping).Json();
        builder.Property(row => row.IntervalMinutes).Default("15");
        builder.Property(row => row.DeletePolicy).Default("'propagate'");
        builder.Property(row => row.DeleteLimit).Default("25");
        builder.Property(row => row.DeletePercent).Default("2");
        builder.Property(row => row.Enabled).Default("true");
        builder.Property(row => row.State).Default("'connected'");
        builder.Property(row => row.Lanes).Default("1");
        builder.Property(row => row.Cursors).Json();
        builder.Property(row => row.MatchState).Default("'none'");
        builder.Property(row => row.MatchPlan).Json();
        builder.Property(row => row.DealMatch).Default("'{}'");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Restrict);
    }

    private static void Checks(TableBuilder<SyncConfigRow> table) => table
        .OneOf("platform", ColumnSets.Platforms)
        .OneOf("direction", "read", "two_way", "write")
        .AllOf("kinds", ColumnSets.Kinds)
        .OneOf("strategy", "timestamp_based", "source_priority", "field_merge", "manual_review")
        .EachOf("platform_ranks", ColumnSets.RankedPlatforms, ColumnSets.OwnProject)
        .Between("interval_minutes", 5, 60)
        .OneOf("delete_policy", "propagate", "archive", "ignore")
        .OneOf("state", "connected", "importing", "live", "paused", "reauth_required")
        .Between("delete_limit", 0, 1_000_000)
        .Between("delete_percent", 0, 100)
        .Between("lanes", 1, 64)
        .OneOf("match_state", "none", "needed", "ready", "approved", "settled")
        .AllOf("deal_match", [.. DealRule.Known]);
}
