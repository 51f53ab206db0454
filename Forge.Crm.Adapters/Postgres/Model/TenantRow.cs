using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A customer of the product. The time zone is an IANA name: days, weeks and months of reports are the tenant's own.</summary>
internal sealed class TenantRow
{
    public Guid TenantId { get; set; }
    public string Name { get; set; } = "";
    public string TimeZone { get; set; } = "UTC";
    public string DefaultCurrency { get; set; } = "USD";
    public string DefaultCountry { get; set; } = "US";
    public string State { get; set; } = "active";
    public string Settings { get; set; } = "{}";

    /// <summary>Our own apps that may send events for the tenant.</summary>
    public string[] Apps { get; set; } = [];
    public DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class TenantRowConfiguration : IEntityTypeConfiguration<TenantRow>
{
    public void Configure(EntityTypeBuilder<TenantRow> builder)
    {
        builder.ToTable("crm_tenants", table => table.OneOf("state", "active", "suspended").AllOf("apps", ColumnSets.Apps));
        builder.HasKey(row => row.TenantId);
        builder.Property(row => row.TenantId).ValueGeneratedNever();
        builder.Property(row => row.TimeZone).Default("'UTC'");
        builder.Property(row => row.DefaultCurrency).Default("'USD'");
        builder.Property(row => row.DefaultCountry).Default("'US'");
        builder.Property(row => row.State).Default("'active'");
        builder.Property(row => row.Settings).Json();
        builder.Property(row => row.Apps).Default("'{}'");
        builder.Property(row => row.CreatedAt).Made("now()");
        builder.Property(row => row.UpdatedAt).Made("now()");
    }
}
