using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A tenant as it stands.</summary>
/// <param name="TimeZone">IANA name: its days, weeks and months.</param>
/// <param name="Currency">ISO 4217, of amounts that name none.</param>
/// <param name="Country">ISO 3166, of phone numbers that name none.</param>
/// <param name="IsNew">False: it was there already, and nothing was changed.</param>
/// <param name="Administrators">The address that a new tenant's notices fall back to; not read back.</param>
public sealed record TenantSetup(TenantId Id, string Name, string TimeZone, string Currency, string Country, bool IsNew = false, string? Administrators = null)
{
    /// <summary>Our apps that may send events for it.</summary>
    public ImmutableArray<PlatformApp> Apps { get; init; } = [];
}

/// <summary>Makes tenants; for those who look after an installation.</summary>
public static class Tenants
{
    private const string Act = "select set_config('app.actor', 'tenant command', true)";

    private const string Insert = """
        insert into crm_tenants (tenant_id, name, time_zone, default_currency, default_country, apps, settings)
        values ($1, $2, $3, $4, $5, $6, case when $7::text is null then '{}' else jsonb_build_object('notices', jsonb_build_object('fallback', $7::text)) end)
            on conflict do nothing
        """;

    private const string Select = "select name, time_zone, default_currency, default_country, apps from crm_tenants where tenant_id = $1";

    /// <summary>Makes the tenant, if it is not there yet, with the ready-made rules that everybody has and those of its apps.</summary>
    /// <param name="appConnectionString">As <c>crm_app</c>, or as a role that may do more.</param>
    /// <returns>The tenant as it stands: one that was there keeps its own conventions.</returns>
    /// <exception cref="FormatException">A convention that there is not; the message names the remedy.</exception>
    /// <exception cref="InvalidOperationException">The id is another tenant's.</exception>
    public static async Task<TenantSetup> EnsureAsync(string appConnectionString, TenantSetup wanted, CancellationToken ct)
    {
        if (Problem(wanted) is { } problem)
            throw new FormatException(problem);
        await using var source = NpgsqlDataSource.Create(appConnectionString);
        var database = new TenantDatabase(source);
        var insert = Sql.Command(
            Insert, Sql.Value(wanted.Id.Value), Sql.Text(wanted.Name), Sql.Text(wanted.TimeZone), Sql.Text(wanted.Currency), Sql.Text(wanted.Country),
            Sql.Array(wanted.Apps.Select(app => app.ToName())), Sql.Text(wanted.Administrators));
        await using (var transaction = await database.BeginAsync(wanted.Id, ct))
        {
            await transaction.ExecuteAsync([Sql.Command(Act), insert], ct);
            if (insert.RecordsAffected > 0)
                await transaction.ExecuteAsync([RuleInstall.Command(wanted.Id, ReadyMadeRules.All.Where(rule => rule.App is null || wanted.Apps.Any(app => app.ToName() == rule.App)))], ct);
            await transaction.CommitAsync(ct);
        }

        var stored = (await database.QueryAsync(
            wanted.Id, Sql.Command(Select, Sql.Value(wanted.Id.Value)),
            row => new TenantSetup(wanted.Id, row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), insert.RecordsAffected > 0)
            {
                Apps = [.. row.GetFieldValue<string[]>(4).Select(Names.Parse<PlatformApp>)],
            }, ct)).Single();
        return stored.Name == wanted.Name
            ? stored
            : throw new InvalidOperationException($"That key or id belongs to the tenant '{stored.Name}'; choose another one.");
    }

    private static string? Problem(TenantSetup wanted) =>
        string.IsNullOrWhiteSpace(wanted.Name) || wanted.Name.Length > 200 ? "The name has 1 to 200 characters."
        : !IsZone(wanted.TimeZone) ? $"'{wanted.TimeZone}' is no IANA time zone; {Nearest(wanted.TimeZone)}."
        : !Regions().Any(region => region.ISOCurrencySymbol == wanted.Currency) ? $"'{wanted.Currency}' is no ISO 4217 currency in use; write it in capitals, e.g. EUR, USD, GBP."
        : !Regions().Any(region => region.TwoLetterISORegionName == wanted.Country) ? $"'{wanted.Country}' is no ISO 3166 country; write it in capitals, e.g. DE, US, GB."
        : null;

    private static bool IsZone(string id) => id == "UTC" || (id.Contains('/', StringComparison.Ordinal) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) && zone.HasIanaId);

    private static string Nearest(string id)
    {
        var near = TimeZoneInfo.GetSystemTimeZones().Select(zone => zone.Id)
            .Where(known => known.Contains(id.Replace(' ', '_').Split('/')[^1], StringComparison.OrdinalIgnoreCase)).Take(3).ToList();
        return near.Count > 0 ? $"is it {string.Join(" or ", near)}" : "it is a region and a city, e.g. Europe/Berlin, or UTC";
    }

    private static IEnumerable<RegionInfo> Regions() =>
        CultureInfo.GetCultures(CultureTypes.SpecificCultures).Select(culture => new RegionInfo(culture.Name)).Where(region => region.TwoLetterISORegionName.Length == 2);
}
