using System.Globalization;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.LocalHost.Stack;
using Npgsql;
using Spectre.Console;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>A contact's row and the event that made it what it is.</summary>
internal sealed record HubRow(Guid RecordId, string JobTitle, long Version, string EventId, string EventStatus, string History);

/// <summary>
/// Compares the hub with the simulator, record by record and value by value, without the product's own mapping: what is right is written
/// down here a second time on purpose.
/// </summary>
internal static class HubCheck
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly Comparison[] Comparisons =
    [
        new("contacts", """
            select l.external_id, concat_ws('|', r.email, r.first_name, r.last_name, r.job_title, r.city, r.lifecycle_stage)
              from crm_contacts r join crm_record_links l on l.tenant_id = r.tenant_id and l.record_id = r.id and l.remote_kind = 'contact' and l.state = 'live'
             where r.tenant_id = $1 and r.deleted_at is null
            """, r => Joined(r["email"]?.ToLowerInvariant(), r["firstname"], r["lastname"], r["jobtitle"], r["city"], r["lifecyclestage"])),
        new("companies", """
            select l.external_id, concat_ws('|', r.name, r.domain, r.city, r.employee_count)
              from crm_companies r join crm_record_links l on l.tenant_id = r.tenant_id and l.record_id = r.id and l.remote_kind = 'company' and l.state = 'live'
             where r.tenant_id = $1 and r.deleted_at is null
            """, r => Joined(r["name"], r["domain"], r["city"], r["numberofemployees"])),
        new("deals", """
            select l.external_id, concat_ws('|', r.name, trim_scale(r.amount), r.currency, s.external_id, p.external_id)
              from crm_deals r join crm_record_links l on l.tenant_id = r.tenant_id and l.record_id = r.id and l.remote_kind = 'deal' and l.state = 'live'
              left join crm_stages s on s.tenant_id = r.tenant_id and s.stage_id = r.stage_id
              left join lateral (select s.pipeline_external_id as external_id) p on true
             where r.tenant_id = $1 and r.deleted_at is null
            """, r => Joined(r["dealname"], Amount(r["amount"]), r["deal_currency_code"], r["dealstage"], r["pipeline"])),
    ];

    private const string Associations = "select count(*) from crm_associations where tenant_id = $1 and deleted_at is null";

    private const string Row = """
        select r.id, r.job_title, r.version, coalesce(e.id::text, '?'), coalesce(e.status, '?'),
               concat(h.field, ': ', coalesce(h.old_value, '(none)'), ' -> ', h.new_value, '  (', h.source, ', event ', h.cause_id, ')')
          from crm_contacts r
          join crm_record_links l on l.tenant_id = r.tenant_id and l.record_id = r.id and l.remote_kind = 'contact'
          left join lateral (select * from crm_audit_log h where h.tenant_id = r.tenant_id and h.record_id = r.id and h.field = 'job_title'
                              order by h.id desc limit 1) h on true
          left join crm_webhook_events e on e.tenant_id = r.tenant_id and h.cause = 'event' and e.id::text = h.cause_id
         where r.tenant_id = $1 and l.external_id = $2
        """;

    public static async Task<bool> RunAsync(LocalHub hub, HubSpotSimulator simulator, CancellationToken ct)
    {
        var differences = new List<string>();
        var records = 0;
        var values = 0;
        foreach (var tenant in DemoTenant.All)
        {
            var account = simulator.Account(tenant.PortalId);
            foreach (var comparison in Comparisons)
            {
                var shown = account.Records(comparison.Type).ToDictionary(record => record.Id, comparison.Expected);
                var held = await ReadAsync(hub, comparison.Sql, tenant, ct);
                records += shown.Count;
                values += shown.Values.Sum(text => text.Split('|').Length);
                differences.AddRange(Differences($"{tenant.Name}, {comparison.Type}", shown, held));
            }

            differences.AddRange(await AssociationDifferencesAsync(hub, account, tenant, ct));
        }

        foreach (var difference in differences.Take(10))
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [red]✗ {difference}[/]");
        if (differences.Count == 0)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [green]✓[/] hub = HubSpot: {records.ToString("N0", CultureInfo.InvariantCulture)} records, {values.ToString("N0", CultureInfo.InvariantCulture)} values and their associations compared");
        return differences.Count == 0;
    }

    /// <returns>The contact's row once it has this title; null where it does not come in time.</returns>
    public static async Task<HubRow?> WaitForAsync(LocalHub hub, DemoTenant tenant, string contactId, string title, CancellationToken ct)
    {
        var clock = TimeProvider.System;
        for (var started = clock.GetTimestamp(); clock.GetElapsedTime(started) < Patience; await Task.Delay(3, ct))
        {
            await using var command = Command(hub, Row, tenant);
            command.Parameters.AddWithValue(contactId);
            await using var reader = await command.ExecuteReaderAsync(ct);
            if (await reader.ReadAsync(ct) && !reader.IsDBNull(1) && reader.GetString(1) == title)
                return new(reader.GetGuid(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetString(4), reader.GetString(5));
        }

        return null;
    }

    public static async Task<Guid> RecordIdAsync(LocalHub hub, DemoTenant tenant, string contactId, CancellationToken ct)
    {
        await using var command = Command(hub, "select record_id from crm_record_links where tenant_id = $1 and remote_kind = 'contact' and external_id = $2", tenant);
        command.Parameters.AddWithValue(contactId);
        return (Guid)(await command.ExecuteScalarAsync(ct))!;
    }

    private static IEnumerable<string> Differences(string what, Dictionary<string, string> shown, Dictionary<string, string> held)
    {
        if (shown.Count != held.Count)
            yield return string.Create(CultureInfo.InvariantCulture, $"{what}: HubSpot has {shown.Count:N0}, the hub {held.Count:N0}");
        foreach (var (id, expected) in shown)
        {
            if (!held.TryGetValue(id, out var actual))
                yield return $"{what} {id} is missing in the hub";
            else if (actual != expected)
                yield return $"{what} {id}: HubSpot shows '{expected}', the hub '{actual}'";
        }
    }

    private static async Task<IEnumerable<string>> AssociationDifferencesAsync(
        LocalHub hub, HubSpotAccount account, DemoTenant tenant, CancellationToken ct)
    {
        var contacts = account.Records("contacts").Sum(record => Ends(record, "companies"));
        var deals = account.Records("deals").Sum(record => Ends(record, "contacts") + Ends(record, "companies"));
        await using var command = Command(hub, Associations, tenant);
        var held = (long)(await command.ExecuteScalarAsync(ct))!;
        return held == contacts + deals
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"{tenant.Name}: HubSpot has {contacts + deals:N0} associations, the hub {held:N0}")];
    }

    private static int Ends(HubSpotSnapshot record, string type) =>
        record.Associations.Where(link => link.ToType == type).Select(link => link.ToId).Distinct().Count();

    private static async Task<Dictionary<string, string>> ReadAsync(LocalHub hub, string sql, DemoTenant tenant, CancellationToken ct)
    {
        await using var command = Command(hub, sql, tenant);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new Dictionary<string, string>();
        while (await reader.ReadAsync(ct))
            rows[reader.GetString(0)] = reader.GetString(1);
        return rows;
    }

    private static NpgsqlCommand Command(LocalHub hub, string sql, DemoTenant tenant)
    {
        var command = hub.Owner.CreateCommand(sql);
        command.Parameters.AddWithValue(tenant.Id.Value);
        return command;
    }

    private static string Joined(params string?[] values) => string.Join('|', values.Where(value => !string.IsNullOrEmpty(value)).Select(value => value!.Trim()));

    private static string? Amount(string? text) =>
        text is { Length: > 0 } ? decimal.Parse(text, CultureInfo.InvariantCulture).ToString("0.####", CultureInfo.InvariantCulture) : null;

    private sealed record Comparison(string Type, string Sql, Func<HubSpotSnapshot, string> Expected);
}
