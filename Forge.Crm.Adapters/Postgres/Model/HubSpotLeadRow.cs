using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A lead that a rule makes of a contact at HubSpot: the outbox of what is to be made, and what is known of those that are.</summary>
internal sealed class HubSpotLeadRow
{
    public Guid TenantId { get; set; }

    /// <summary>Later ones have higher ids.</summary>
    public Guid Id { get; set; }

    public Guid RuleId { get; set; }
    public long EventId { get; set; }

    /// <summary>Of the action among those of the run: with rule and event the key that makes it one lead.</summary>
    public int Place { get; set; }

    public Guid ContactId { get; set; }

    /// <summary>Of an erased contact's lead: a hash, where it must be looked for by name; empty where its id is known.</summary>
    public string Name { get; set; } = "";

    public string Status { get; set; } = "pending";

    /// <summary>HubSpot's id of the contact for which a lead was sent; null: nothing was.</summary>
    public string? SentTo { get; set; }

    /// <summary>HubSpot's id.</summary>
    public string? LeadId { get; set; }

    public int Attempts { get; set; }

    /// <summary>Minus infinity: at once. A claim moves it, too: so long the row is nobody else's.</summary>
    public DateTimeOffset DueAt { get; set; }

    public string? Reason { get; set; }
    public DateTimeOffset CreatedAt { get; set; }
}

internal sealed class HubSpotLeadRowConfiguration : IEntityTypeConfiguration<HubSpotLeadRow>
{
    public void Configure(EntityTypeBuilder<HubSpotLeadRow> builder)
    {
        builder.ToTable("crm_hubspot_leads", table => table.OneOf("status", "pending", "made", "none", "failed", "erased"));
        builder.HasKey(row => new { row.TenantId, row.Id });
        builder.Property(row => row.Id).Made("gen_random_uuid()");
        builder.Property(row => row.Status).Default("'pending'");
        builder.Property(row => row.Attempts).Default("0");
        builder.Property(row => row.DueAt).Made("'-infinity'");
        builder.Property(row => row.CreatedAt).Made("clock_timestamp()");
        builder.Index("ix_crm_hubspot_leads_key", row => new { row.TenantId, row.RuleId, row.EventId, row.Place }).IsUnique();
        builder.Index("ix_crm_hubspot_leads_due", row => new { row.TenantId, row.DueAt }).HasFilter("status = 'pending'");
        builder.Index("ix_crm_hubspot_leads_contact", row => new { row.TenantId, row.ContactId });
    }
}
