using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>
/// What one owner did in the week that starts on <c>PeriodStart</c>, a Monday, in the tenant's zone; the nil uuid for what nobody owns.
/// </summary>
internal sealed class ActivitySummaryRow
{
    public Guid TenantId { get; set; }
    public DateOnly PeriodStart { get; set; }
    public Guid OwnerId { get; set; }
    public int Calls { get; set; }
    public int Emails { get; set; }
    public int Meetings { get; set; }
    public int TasksDone { get; set; }

    /// <summary>Different contacts of the calls, e-mails and meetings.</summary>
    public int ContactsEngaged { get; set; }

    /// <summary>Different deals of those and of notes.</summary>
    public int DealsTouched { get; set; }
    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ActivitySummaryRowConfiguration : IEntityTypeConfiguration<ActivitySummaryRow>
{
    public void Configure(EntityTypeBuilder<ActivitySummaryRow> builder)
    {
        builder.ToTable("crm_activity_summaries");
        builder.HasKey(row => new { row.TenantId, row.PeriodStart, row.OwnerId });
        builder.Property(row => row.Calls).Default("0");
        builder.Property(row => row.Emails).Default("0");
        builder.Property(row => row.Meetings).Default("0");
        builder.Property(row => row.TasksDone).Default("0");
        builder.Property(row => row.ContactsEngaged).Default("0");
        builder.Property(row => row.DealsTouched).Default("0");
        builder.Property(row => row.UpdatedAt).Made("now()");
    }
}
