using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>A person of the hub; a lead is a contact with the three lead columns filled.</summary>
internal sealed class ContactRow : RecordRow
{
    public string? Email { get; set; }
    public string[]? AdditionalEmails { get; set; }
    public string? FirstName { get; set; }
    public string? LastName { get; set; }
    public string? Phone { get; set; }
    public string? MobilePhone { get; set; }
    public string? JobTitle { get; set; }
    public string? CompanyName { get; set; }
    public string? Website { get; set; }
    public string? Street { get; set; }
    public string? City { get; set; }
    public string? State { get; set; }
    public string? PostalCode { get; set; }
    public string? Country { get; set; }
    public string? LifecycleStage { get; set; }
    public string? LeadStatus { get; set; }
    public string? LeadSource { get; set; }
    public decimal? LeadValue { get; set; }
    public string? LeadCurrency { get; set; }
    public Guid? OwnerId { get; set; }
}

internal sealed class ContactRowConfiguration() : RecordRowConfiguration<ContactRow>("crm_contacts")
{
    protected override void Fields(EntityTypeBuilder<ContactRow> builder) => builder.Property(row => row.LeadValue).Money();
}
