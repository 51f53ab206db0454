using System.Collections.Frozen;
using System.Collections.Immutable;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>A tenant's rules that are on, in their order, and what they may know.</summary>
/// <param name="Facts">As they were when this was read; <see cref="At"/> gives them the time.</param>
internal sealed record RuleSet(ImmutableArray<Rule> Rules, RuleFacts Facts)
{
    // Places instead of rules: every change of every batch asks, and numbers are put in order without comparing rules.
    private readonly FrozenDictionary<string, ImmutableArray<int>> _byKey = Rules
        .SelectMany((rule, place) => rule.Listens.Select(key => (key, place)))
        .GroupBy(pair => pair.key, pair => pair.place)
        .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());

    /// <summary>Rules that listen to any of some keys such as <c>deal:set:stage_id</c>, in their order, each once.</summary>
    public IEnumerable<Rule> Listening(IReadOnlyList<string> keys) => keys is [var only]
        ? _byKey.GetValueOrDefault(only, []).Select(place => Rules[place])
        : keys.SelectMany(key => _byKey.GetValueOrDefault(key, [])).Distinct().Order().Select(place => Rules[place]);

    public bool IsHeard(string key) => _byKey.ContainsKey(key);

    public RuleFacts At(DateTimeOffset now) => Facts with { Now = now };
}

/// <summary>
/// Reads rules, and holds each against schema and fields while it does: one that is none (written past the API, or about a field that is no more) is
/// switched off with the reason in its row. What was read is kept for some seconds, so that a burst of batches asks once and a change is in force soon.
/// </summary>
internal sealed class RuleSets(TenantDatabase database, SyncConfigs configs, TimeProvider clock)
{
    // With the timer that looks for what is not checked yet (30 s), a rule written by SQL acts within the minute.
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(15);

    private const string Enabled = """
        select id, name, version, document::text, checked_version, listens, warning from crm_automation_rules
         where tenant_id = $1 and enabled order by position, name, id
        """;

    private const string Stages = """
        select distinct on (stage_id) pipeline_external_id, external_id, pipeline_id, stage_id, pipeline, label, position, probability, status, archived
          from crm_stages where tenant_id = $1 and not archived order by stage_id, platform, updated_at desc
        """;

    private const string Owners = """
        select distinct on (owner_id) external_id, owner_id, email, name, active
          from crm_owners where tenant_id = $1 order by owner_id, active desc, email is null, platform
        """;

    // The version is the one that was read: what was changed meanwhile is read again.
    private const string Checked = """
        update crm_automation_rules set checked_version = $3, listens = $4, warning = $5 where tenant_id = $1 and id = $2 and version = $3
        """;

    private const string SwitchOff = """
        update crm_automation_rules set enabled = false, disabled_reason = $4, checked_version = $3, listens = '{}' where tenant_id = $1 and id = $2 and version = $3
        """;

    private readonly ExpiringCache<TenantId, RuleSet> _cache = new(Kept, 10_000, clock);

    public Task<RuleSet> OfAsync(TenantId tenant, CancellationToken ct) => _cache.GetAsync(tenant, LoadAsync, ct);

    /// <summary>Makes a change of this process's own visible to it at once.</summary>
    public void Forget(TenantId tenant) => _cache.Forget(tenant);

    /// <summary>What is stored now, whatever was kept; checked.</summary>
    public async Task<RuleSet> LoadAsync(TenantId tenant)
    {
        var facts = await FactsAsync(tenant, CancellationToken.None);
        var rows = await database.QueryAsync(tenant, Sql.Command(Enabled, Sql.Value(tenant.Value)), Read, CancellationToken.None);
        var (rules, commands) = (new List<Rule>(), new List<NpgsqlBatchCommand>());
        foreach (var row in rows)
        {
            if (Check(tenant, row, facts) is var (rule, command))
            {
                if (rule is not null)
                    rules.Add(rule);
                if (command is not null)
                    commands.Add(command);
            }
        }

        if (commands.Count > 0)
            await database.ExecuteAsync(tenant, commands, CancellationToken.None);
        return new([.. rules], facts);
    }

    /// <summary>Stages, owners and conventions of a tenant.</summary>
    public async Task<RuleFacts> FactsAsync(TenantId tenant, CancellationToken ct)
    {
        var config = await configs.OfAsync(tenant, ct);
        var (stages, owners) = (new List<Stage>(), new List<Owner>());
        await using var transaction = await database.BeginAsync(tenant, ct);
        await transaction.ReadAsync(
            [
                (Sql.Command(Stages, Sql.Value(tenant.Value)), row => stages.Add(LookupStore.ReadStage(row))),
                (Sql.Command(Owners, Sql.Value(tenant.Value)), row => owners.Add(ReadOwner(row))),
            ], ct);
        return new(
            clock.GetUtcNow(), config?.Locale ?? TenantLocale.Default, (config?.Shapes ?? Sync.TenantShapes.Standard).Of,
            [.. stages.OrderBy(stage => stage.Pipeline, StringComparer.Ordinal).ThenBy(stage => stage.Position)],
            [.. owners.OrderBy(owner => owner.Email ?? owner.Name, StringComparer.Ordinal).ThenBy(owner => owner.OwnerId)]);
    }

    /// <summary>What a rule must be told: it names a stage that the tenant has not. Null where it can do what it says.</summary>
    public static string? WarningOf(Rule rule, RuleFacts facts) => rule.Unmapped(facts).ToList() is { Count: > 0 } names
        ? $"no stage is called {string.Join(", ", names.Select(name => $"'{name}'"))}: set one of the tenant's in the rule's settings"
        : null;

    private static (Rule? Rule, NpgsqlBatchCommand? Command) Check(TenantId tenant, Stored row, RuleFacts facts)
    {
        try
        {
            var rule = RuleDocument.Read(row.Id, row.Name, row.Version, row.Document, facts.ShapeOf);
            var warning = WarningOf(rule, facts);
            return row.CheckedVersion == row.Version && row.Warning == warning && row.Listens.SequenceEqual(rule.Listens)
                ? (rule, null)
                : (rule, Sql.Command(
                    Checked, Sql.Value(tenant.Value), Sql.Value(row.Id), Sql.Value(row.Version), Sql.Array(rule.Listens), Sql.Text(warning)));
        }
        catch (RuleFault e)
        {
            return (null, Sql.Command(SwitchOff, Sql.Value(tenant.Value), Sql.Value(row.Id), Sql.Value(row.Version), Sql.Text(e.Message)));
        }
    }

    private static Stored Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetInt32(4), row.GetFieldValue<string[]>(5),
        row.IsDBNull(6) ? null : row.GetString(6));

    private static Owner ReadOwner(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetGuid(1), row.IsDBNull(2) ? null : row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetBoolean(4));

    private sealed record Stored(Guid Id, string Name, int Version, string Document, int? CheckedVersion, string[] Listens, string? Warning);
}
