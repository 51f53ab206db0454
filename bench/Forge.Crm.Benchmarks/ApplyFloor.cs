using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Forge.Crm.LocalHost.Stack;
using Npgsql;

namespace Forge.Crm.Benchmarks;

/// <summary>One event, one transaction, by pgbench as <c>crm_app</c>: the tenant, a locked read of row and link, row, base, two history rows, outbox row, journal state.</summary>
internal static partial class ApplyFloor
{
    private const int Seconds = 8;

    private const string Script = """
        \set n random(1, :rows)
        begin;
        select set_config('app.tenant_id', :tenant, true);
        select quote_literal(r.id) as id, quote_literal(l.external_id) as external_id from bench_ids b
          join crm_record_links l on l.tenant_id = :tenant and l.platform = 'hubspot' and l.remote_kind = 'contact' and l.external_id = b.external_id
          join crm_contacts r on r.tenant_id = l.tenant_id and r.id = l.record_id
         where b.n = :n for no key update of r \gset
        update crm_contacts set job_title = 'Floor', city = 'Ground', field_stamps = field_stamps || jsonb_build_object('job_title', '2026-11-22T17:38:18.123456Z hubspot', 'city', '2026-11-22T17:38:18.123456Z hubspot~')
         where tenant_id = :tenant and id = :id;
        update crm_record_links set seen = seen || '{"job_title": "Floor", "city": "Ground"}', remote_version = now() where tenant_id = :tenant and platform = 'hubspot' and remote_kind = 'contact' and external_id = :external_id;
        insert into crm_audit_log (tenant_id, kind, record_id, action, field, old_value, new_value, source, changed_at, cause, cause_id)
        values (:tenant, 'contact', :id, 'set', 'job_title', 'a', 'Floor', 'hubspot', now(), 'event', '1'),
               (:tenant, 'contact', :id, 'set', 'city', 'a', 'Ground', 'hubspot', now(), 'event', '1');
        insert into crm_outbox as o (tenant_id, platform, kind, record_id, cause) values (:tenant, 'pipedrive', 'contact', :id, 'event')
            on conflict (tenant_id, platform, kind, record_id) do update set version = o.version + 1, status = 'pending';
        update crm_webhook_events set status = 'applied', finished_at = now() where tenant_id = :tenant and id = :n;
        commit;
        """;

    public static async Task<(double PerSecond, int Clients)> RunAsync(LocalHub hub, CancellationToken ct)
    {
        var pgbench = hub.Tool("pgbench") ?? throw new InvalidOperationException("pgbench is not beside this server's programs; install PostgreSQL's client programs.");
        var rows = await PrepareAsync(hub, ct);
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(script, Script, ct);
        var best = (PerSecond: 0.0, Clients: 0);
        foreach (var clients in new[] { 4, 8, 16 })
        {
            var perSecond = await RunAsync(pgbench, script, hub.AppConnectionString, rows, clients, ct);
            if (perSecond > best.PerSecond)
                best = (perSecond, clients);
        }

        return best;
    }

    private static async Task<(long Rows, Guid Tenant)> PrepareAsync(LocalHub hub, CancellationToken ct)
    {
        await BenchTenant.ExecuteAsync(hub, """
            create table bench_ids as
            select row_number() over () as n, external_id, tenant_id from crm_record_links
             where tenant_id = (select tenant_id from crm_record_links limit 1) and remote_kind = 'contact';
            alter table bench_ids add primary key (n);
            grant select on bench_ids to crm_app;
            update crm_webhook_events set status = 'pending';
            """, ct);
        await BenchTenant.ExecuteAsync(hub, "vacuum analyze", ct);
        await using var command = hub.Owner.CreateCommand("select count(*), (array_agg(tenant_id))[1] from bench_ids");
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetGuid(1));
    }

    private static async Task<double> RunAsync(string pgbench, string script, string connection, (long Rows, Guid Tenant) data, int clients, CancellationToken ct)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        var start = new ProcessStartInfo(pgbench)
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "-n", "-f", script, "-c", clients.ToString(CultureInfo.InvariantCulture), "-j", "2", "-T", Seconds.ToString(CultureInfo.InvariantCulture),
                "-D", $"rows={data.Rows}", "-D", $"tenant='{data.Tenant}'", "-h", settings.Host!, "-p", settings.Port.ToString(CultureInfo.InvariantCulture),
                "-U", settings.Username!, settings.Database!,
            },
            Environment = { ["PGPASSWORD"] = settings.Password },
        };
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(ct);
        await process.WaitForExitAsync(ct);
        return Tps().Match(output) is { Success: true } match
            ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"pgbench said: {output}");
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex Tps();
}
