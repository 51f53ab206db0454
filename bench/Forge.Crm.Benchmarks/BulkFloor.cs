using System.Diagnostics;
using System.Globalization;
using Forge.Crm.Domain.Records;
using Npgsql;
using NpgsqlTypes;

namespace Forge.Crm.Benchmarks;

internal static class BulkFloor
{
    private const string Stamps = """{"*": "2026-01-01T00:00:00.000000Z hubspot~"}""";

    private const string Stage = """
        create temp table stage (id uuid, external_id text, email text, first_name text, last_name text, phone text, job_title text, company_name text,
               street text, city text, state text, postal_code text, country text, lifecycle_stage text, seen jsonb, created text) on commit drop
        """;

    private static readonly string[] Merge =
    [
        $"""
        insert into crm_contacts as r (tenant_id, id, email, first_name, last_name, phone, job_title, company_name, street, city, state, postal_code, country, lifecycle_stage, field_stamps)
        select $1, id, email, first_name, last_name, phone, job_title, company_name, street, city, state, postal_code, country, lifecycle_stage, '{Stamps}' from stage
            on conflict (tenant_id, id) do update set email = excluded.email, first_name = excluded.first_name
        """,
        $"""
        insert into crm_record_links as l (tenant_id, platform, remote_kind, external_id, record_id, state_at, remote_version, read_at, seen, seen_stamps, hub_stamps)
        select $1, 'hubspot', 'contact', external_id, id, now(), now(), now(), seen, '{Stamps}', '{Stamps}' from stage
            on conflict (tenant_id, platform, remote_kind, external_id) do update set seen = excluded.seen
        """,
        "insert into crm_identities (tenant_id, kind, key, record_id) select $1, 'contact', 'email:' || email, id from stage on conflict do nothing",
        """
        insert into crm_audit_log (tenant_id, kind, record_id, action, new_value, source, changed_at, cause, cause_id)
        select $1, 'contact', id, 'create', created, 'hubspot', now(), 'job', 'bench' from stage
        """,
    ];

    /// <returns>Records a second.</returns>
    public static async Task<double> RunAsync(NpgsqlDataSource app, TenantId tenant, int contacts, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await using var connection = await app.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await ExecuteAsync(connection, $"select set_config('app.tenant_id', '{tenant}', true)", null, ct);
        await ExecuteAsync(connection, Stage, null, ct);
        await CopyAsync(connection, contacts, ct);
        foreach (var statement in Merge)
            await ExecuteAsync(connection, statement, tenant.Value, ct);
        await transaction.CommitAsync(ct);
        return contacts / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task CopyAsync(NpgsqlConnection connection, int contacts, CancellationToken ct)
    {
        await using var writer = await connection.BeginBinaryImportAsync("copy stage from stdin (format binary)", ct);
        for (var i = 0; i < contacts; i++)
        {
            var snapshot = BulkBenchmark.Snapshot(i, 0);
            var json = System.Text.Json.JsonSerializer.Serialize(snapshot.Properties);
            await writer.StartRowAsync(ct);
            await writer.WriteAsync(Guid.CreateVersion7(), NpgsqlDbType.Uuid, ct);
            await writer.WriteAsync(i.ToString(CultureInfo.InvariantCulture), NpgsqlDbType.Text, ct);
            foreach (var value in snapshot.Properties.Values)
                await writer.WriteAsync(value!, NpgsqlDbType.Text, ct);
            await writer.WriteAsync(json, NpgsqlDbType.Jsonb, ct);
            await writer.WriteAsync(json, NpgsqlDbType.Text, ct);
        }

        await writer.CompleteAsync(ct);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, Guid? tenant, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        if (tenant is { } id)
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await command.ExecuteNonQueryAsync(ct);
    }
}
