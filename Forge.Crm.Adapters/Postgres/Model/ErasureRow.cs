using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The certificate of an erasure: what was erased where and when. It holds no personal data.</summary>
internal sealed class ErasureRow
{
    public Guid TenantId { get; set; }
    public string Kind { get; set; } = "";
    public Guid RecordId { get; set; }

    /// <summary>The platform where it was asked for; supabase where it was here.</summary>
    public string Source { get; set; } = "";

    /// <summary>The person or the program that asked for it here; null where a platform told of it.</summary>
    public string? RequestedBy { get; set; }

    public DateTimeOffset ErasedAt { get; set; }

    public string Salt { get; set; } = "";

    /// <summary>Salted hashes of the match keys: whoever names an address can be told whether it was erased.</summary>
    public string[] Keys { get; set; } = [];

    /// <summary>By platform: <c>{"state": "due"}</c>, then <c>{"state": "erased", "at": …}</c>.</summary>
    public string Targets { get; set; } = "{}";
}

internal sealed class ErasureRowConfiguration : IEntityTypeConfiguration<ErasureRow>
{
    public void Configure(EntityTypeBuilder<ErasureRow> builder)
    {
        builder.ToTable("crm_erasures", table => table.OneOf("source", ColumnSets.Platforms).OneOf("kind", ColumnSets.Kinds));
        builder.HasKey(row => new { row.TenantId, row.Kind, row.RecordId });
        builder.Property(row => row.ErasedAt).Made("clock_timestamp()");
        builder.Property(row => row.Keys).Default("'{}'");
        builder.Property(row => row.Targets).Json();
    }
}
