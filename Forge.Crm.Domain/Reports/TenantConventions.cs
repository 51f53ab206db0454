namespace Forge.Crm.Domain.Reports;

/// <summary>What a tenant's reports go by.</summary>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Currency">Of amounts that name none.</param>
/// <param name="Settings">The tenant's settings, a JSON object; <see cref="ReportSettings"/> are a member of it.</param>
public sealed record TenantConventions(string TimeZone, string Currency, string Settings);

/// <summary>A change of a tenant's row, as its history has it.</summary>
/// <param name="Was">A JSON object: the columns that changed, with their old values.</param>
public sealed record ConventionChange(DateTimeOffset At, string Was);
