using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A record of one side that had no link when two filled CRMs were compared, and what the match plan says of it.</summary>
internal sealed class MatchItemRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Kind { get; set; } = "";

    /// <summary>Of the hub's record; for one of the platform, made from its kind and its id there.</summary>
    public Guid Id { get; set; }

    public string Side { get; set; } = "";

    /// <summary>What it is on the platform, or would be there.</summary>
    public string RemoteKind { get; set; } = "";

    /// <summary>The platform's id; null for a record of the hub.</summary>
    public string? ExternalId { get; set; }

    /// <summary>For a person to recognise it by: personal data. Null once erased.</summary>
    public string? Label { get; set; }

    /// <summary>Strongest first; each is a row of <c>crm_match_keys</c> too.</summary>
    public string[] Keys { get; set; } = [];

    /// <summary>Null until it is judged.</summary>
    public string? Class { get; set; }

    /// <summary>What matched: the part of a key before its colon.</summary>
    public string? MatchedBy { get; set; }

    /// <summary>Items of the other side that carry one of its keys; the first ones, where there are many.</summary>
    public Guid[] Candidates { get; set; } = [];

    /// <summary>Items of its own side that do.</summary>
    public Guid[] Twins { get; set; } = [];

    public string? Decision { get; set; }

    /// <summary>The item of the other side that a person joined it to.</summary>
    public Guid? DecidedWith { get; set; }

    public string? DecidedBy { get; set; }
    public DateTimeOffset? DecidedAt { get; set; }
}

internal sealed class MatchItemRowConfiguration : IEntityTypeConfiguration<MatchItemRow>
{
    public void Configure(EntityTypeBuilder<MatchItemRow> builder)
    {
        builder.ToTable("crm_match_items", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("side", "here", "there")
            .OneOf("remote_kind", ColumnSets.RemoteKinds)
            .OneOf("class", "matched", "ambiguous", "only_here", "only_there")
            .OneOf("decision", "join", "new", "out"));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.Kind, row.Id });
        builder.Property(row => row.Keys).Default("'{}'");
        builder.Property(row => row.Candidates).Default("'{}'");
        builder.Property(row => row.Twins).Default("'{}'");
        builder.Index("ix_crm_match_items_class", row => new { row.TenantId, row.Platform, row.Kind, row.Class, row.Id });
    }
}

/// <summary>A key of an item, to find who else carries it. A row each, since row-level security keeps an array's index from being used.</summary>
internal sealed class MatchKeyRow
{
    public Guid TenantId { get; set; }
    public string Platform { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Key { get; set; } = "";
    public string Side { get; set; } = "";
    public Guid ItemId { get; set; }
}

internal sealed class MatchKeyRowConfiguration : IEntityTypeConfiguration<MatchKeyRow>
{
    public void Configure(EntityTypeBuilder<MatchKeyRow> builder)
    {
        builder.ToTable("crm_match_keys", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("kind", ColumnSets.Kinds)
            .OneOf("side", "here", "there"));
        builder.HasKey(row => new { row.TenantId, row.Platform, row.Kind, row.Key, row.Side, row.ItemId });
    }
}
