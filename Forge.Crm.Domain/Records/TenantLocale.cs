namespace Forge.Crm.Domain.Records;

/// <summary>A tenant's conventions: what an unmarked phone number, amount or day means.</summary>
/// <param name="Zone">IANA zone; days, weeks and months of reports are the tenant's own.</param>
/// <param name="Country">ISO 3166-1 alpha-2, for phone numbers without a country code.</param>
/// <param name="Currency">ISO 4217, for amounts without one.</param>
public sealed record TenantLocale(TimeZoneInfo Zone, string Country, string Currency)
{
    public static readonly TenantLocale Default = new(TimeZoneInfo.Utc, "US", "USD");
}
