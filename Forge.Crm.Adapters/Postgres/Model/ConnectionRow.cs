using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>One account of a tenant on one platform. <c>PathKey</c> is the unguessable part of its webhook address.</summary>
internal sealed class ConnectionRow
{
    public Guid TenantId { get; set; }
    public Guid Id { get; set; }
    public string Platform { get; set; } = "";
    public string AccountId { get; set; } = "";
    public string PathKey { get; set; } = "";
    public string? WebhookSecretRef { get; set; }
    public string State { get; set; } = "active";
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ConnectionRowConfiguration : IEntityTypeConfiguration<ConnectionRow>
{
    public void Configure(EntityTypeBuilder<ConnectionRow> builder)
    {
        builder.ToTable("crm_connections", table => table
            .OneOf("platform", ColumnSets.Platforms)
            .OneOf("state", "active", "paused", "reauth_required"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.State).Default("'active'");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
        builder.HasOne<TenantRow>().WithMany().HasForeignKey(row => row.TenantId).OnDelete(DeleteBehavior.Restrict);
        builder.Index("ix_crm_connections_account", row => new { row.TenantId, row.Platform, row.AccountId }).IsUnique();
        // The intake looks an account up before it knows the tenant. Not unique: a key across tenants would let one tenant
        // find out, or block, what another has connected.
        builder.Index("ix_crm_connections_route_account", row => new { row.Platform, row.AccountId });
        builder.Index("ix_crm_connections_route_path", row => row.PathKey);
    }
}
