using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>A rule as people see it.</summary>
/// <param name="Preset">Of one that came with the product.</param>
/// <param name="Warning">What keeps it from doing anything though it is on.</param>
/// <param name="DisabledReason">Why it was switched off by itself.</param>
public sealed record StoredRule(
    Guid Id, string Name, int Position, bool Enabled, int Version, string? Preset, JsonElement Document, string? Warning, string? DisabledReason, int Failures,
    DateTimeOffset UpdatedAt);

/// <summary>A run of a rule.</summary>
/// <param name="Actions">What it did: names, kinds, ids; no values.</param>
/// <param name="Notes">What went otherwise than meant.</param>
public sealed record RuleRun(
    long EventId, int RuleVersion, Guid? RecordId, string Status, JsonElement Actions, IReadOnlyList<string> Notes, string? Reason, DateTimeOffset At);

/// <summary>A tenant's rules for people: read, written, switched on and off, put in order.</summary>
public sealed class RuleSettings
{
    public const int PageSize = 100;

    private const string Columns = "id, name, position, enabled, version, preset, document::text, warning, disabled_reason, failures, updated_at";

    private const string List = $"select {Columns} from crm_automation_rules where tenant_id = $1 order by position, name, id";
    private const string Get = $"select {Columns} from crm_automation_rules where tenant_id = $1 and id = $2";

    private const string Insert = $"""
        insert into crm_automation_rules (tenant_id, name, position, enabled, document, checked_version, listens, warning)
        values ($1, $2, coalesce($3, (select coalesce(max(position), 0) + 1 from crm_automation_rules where tenant_id = $1)), $4, $5, 1, $6, $7)
        returning {Columns}
        """;

    // Another document is another version (a trigger counts it), and this one was checked.
    private const string Update = $"""
        update crm_automation_rules
           set name = $3, position = coalesce($4, position), enabled = $5, document = $6, listens = $7, warning = $8, disabled_reason = null, failures = 0,
               checked_version = version + (document <> $6)::int
         where tenant_id = $1 and id = $2
        returning {Columns}
        """;

    private const string Delete = "delete from crm_automation_rules where tenant_id = $1 and id = $2";

    private const string Runs = """
        select event_id, rule_version, record_id, status, actions::text, notes, reason, at from crm_rule_runs
         where tenant_id = $1 and rule_id = $2 and event_id < $3 order by event_id desc limit $4
        """;

    // Whom the history of settings names; see crm_note_settings.
    private const string Act = "select set_config('app.actor', $1, true)";

    private readonly TenantDatabase _database;
    private readonly RuleSets _sets;

    internal RuleSettings(TenantDatabase database, RuleSets sets) => (_database, _sets) = (database, sets);

    public async Task<IReadOnlyList<StoredRule>> ListAsync(TenantId tenant, CancellationToken ct) =>
        await _database.QueryAsync(tenant, Sql.Command(List, Sql.Value(tenant.Value)), Read, ct);

    public async Task<StoredRule?> FindAsync(TenantId tenant, Guid id, CancellationToken ct) =>
        (await _database.QueryAsync(tenant, Sql.Command(Get, Sql.Value(tenant.Value), Sql.Value(id)), Read, ct)).SingleOrDefault();

    /// <param name="id">Null for a new one.</param>
    /// <param name="position">Null: where it stands, or the last.</param>
    /// <param name="person">As their token names them; stands in the history.</param>
    /// <returns>Null where there is no such rule.</returns>
    /// <exception cref="RuleFault">The document is no rule of this tenant's; nothing was saved.</exception>
    public async Task<StoredRule?> SaveAsync(TenantId tenant, Guid? id, string document, bool enabled, int? position, string person, CancellationToken ct)
    {
        var facts = await _sets.FactsAsync(tenant, ct);
        var rule = RuleDocument.Read(id ?? Guid.Empty, "", 1, document, facts.ShapeOf);
        if (string.IsNullOrWhiteSpace(rule.Name))
            throw new RuleFault("/name", "the rule has no name; give it one.");
        var warning = RuleSets.WarningOf(rule, facts);
        var command = id is { } known
            ? Sql.Command(
                Update, Sql.Value(tenant.Value), Sql.Value(known), Sql.Text(rule.Name), Sql.Number(position), Sql.Value(enabled), Sql.Json(document),
                Sql.Array(rule.Listens), Sql.Text(warning))
            : Sql.Command(
                Insert, Sql.Value(tenant.Value), Sql.Text(rule.Name), Sql.Number(position), Sql.Value(enabled), Sql.Json(document), Sql.Array(rule.Listens), Sql.Text(warning));
        StoredRule? stored = null;
        await using var transaction = await _database.BeginAsync(tenant, ct);
        await transaction.ExecuteAsync([Sql.Command(Act, Sql.Text(person))], ct);
        await transaction.ReadAsync([(command, row => stored = Read(row))], ct);
        await transaction.CommitAsync(ct);
        _sets.Forget(tenant);
        return stored;
    }

    public async Task<bool> DeleteAsync(TenantId tenant, Guid id, string person, CancellationToken ct)
    {
        var delete = Sql.Command(Delete, Sql.Value(tenant.Value), Sql.Value(id));
        await _database.ExecuteAsync(tenant, [Sql.Command(Act, Sql.Text(person)), delete], ct);
        _sets.Forget(tenant);
        return delete.RecordsAffected > 0;
    }

    /// <param name="before">The event that the page before ended with; the newest come first.</param>
    public async Task<IReadOnlyList<RuleRun>> RunsAsync(TenantId tenant, Guid id, long? before, CancellationToken ct) => await _database.QueryAsync(
        tenant, Sql.Command(Runs, Sql.Value(tenant.Value), Sql.Value(id), Sql.Value(before ?? long.MaxValue), Sql.Value(PageSize)),
        row => new RuleRun(
            row.GetInt64(0), row.GetInt32(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.GetString(3), Json(row.GetString(4)), row.GetFieldValue<string[]>(5),
            row.IsDBNull(6) ? null : row.GetString(6), row.GetFieldValue<DateTimeOffset>(7)), ct);

    private static StoredRule Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.GetBoolean(3), row.GetInt32(4), row.IsDBNull(5) ? null : row.GetString(5), Json(row.GetString(6)),
        row.IsDBNull(7) ? null : row.GetString(7), row.IsDBNull(8) ? null : row.GetString(8), row.GetInt32(9), row.GetFieldValue<DateTimeOffset>(10));

    private static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
