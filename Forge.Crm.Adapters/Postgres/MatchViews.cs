using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>A match plan as people see it.</summary>
/// <param name="State"><c>none</c>, <c>needed</c>, <c>ready</c>, <c>approved</c> or <c>settled</c>.</param>
/// <param name="Plan">What an approval has to name; null before one was made.</param>
/// <param name="DealRule">By what deals match; empty: by nothing.</param>
public sealed record MatchPlanView(
    string State, Guid? Plan, MatchJobView? Job, IReadOnlyList<string> DealRule, IReadOnlyDictionary<string, string>? Choices, string? ApprovedBy,
    DateTimeOffset? ApprovedAt, IReadOnlyDictionary<string, MatchCounts> Kinds, IReadOnlyList<OwnerMatch> Owners, IReadOnlyList<StageMatch> Stages);

/// <summary>The match that was last begun.</summary>
/// <param name="Failed">Records that could not be read: they are in no plan, and the job's errors say why.</param>
public sealed record MatchJobView(Guid Id, string State, long Done, long? Total, long Failed, string? Error);

/// <param name="MatchedBy">Pairs by the kind of key that they share.</param>
/// <param name="Undecided">Ambiguous records of both sides that nobody has decided yet.</param>
public sealed record MatchCounts(
    long Matched, IReadOnlyDictionary<string, long> MatchedBy, long AmbiguousHere, long AmbiguousThere, long OnlyHere, long OnlyThere, long Undecided,
    MatchCalls? Calls);

/// <summary>What executing the plan costs the platform's quota, in calls; estimated from the sizes of its batches.</summary>
/// <param name="Load">To read what is there.</param>
/// <param name="HistoryAtMost">To ask which side's values are newer, if all pairs differed.</param>
/// <param name="CreateThere">To look for what is only here and create it there, where that is chosen.</param>
public sealed record MatchCalls(long Load, long HistoryAtMost, long CreateThere);

/// <summary>A person of the platform.</summary>
/// <param name="SameAs">The same person elsewhere, by e-mail address; empty where nobody is.</param>
public sealed record OwnerMatch(string ExternalId, string? Name, string? Email, bool IsActive, IReadOnlyList<string> SameAs);

/// <summary>A stage of the platform.</summary>
/// <param name="Proposed">The hub's stage that it may be; null where none fits.</param>
/// <param name="Confirmed">The hub's stage that a person confirmed.</param>
public sealed record StageMatch(string Pipeline, string Stage, string PipelineName, string Label, string Status, KnownStage? Proposed, Guid? Confirmed);

public sealed record KnownStage(Guid StageId, string Pipeline, string Label);

/// <summary>Match plans for people: sums, the proposals beside them, and their items.</summary>
public sealed class MatchViews
{
    public const int PageSize = 100;

    private readonly TenantDatabase _database;
    private readonly PlatformSessions _sessions;

    internal MatchViews(TenantDatabase database, PlatformSessions sessions) => (_database, _sessions) = (database, sessions);

    /// <returns>Null where the tenant has not connected the platform.</returns>
    public async Task<MatchPlanView?> FindAsync(TenantId tenant, Platform platform, CancellationToken ct)
    {
        MatchPlanView? view = null;
        var (rows, owners, stages) = (new List<CountRow>(), new List<OwnerRow>(), new List<(Platform Of, Stage Stage)>());
        await using (var transaction = await _database.BeginAsync(tenant, ct))
        {
            await transaction.ReadAsync(
                [
                    (On(MatchViewSql.Config, tenant, platform), row => view = Read(row)),
                    (On(MatchViewSql.Job, tenant, platform), row => view = view! with { Job = ReadJob(row) }),
                    (On(MatchViewSql.Counts, tenant, platform), row => rows.Add(CountRow.Read(row))),
                    (Sql.Command(MatchViewSql.Owners, Sql.Value(tenant.Value)), row => owners.Add(OwnerRow.Read(row))),
                    (Sql.Command(MatchViewSql.Stages, Sql.Value(tenant.Value)), row => stages.Add((Names.Parse<Platform>(row.GetString(0)), LookupStore.ReadStage(row, 1)))),
                ],
                ct);
        }

        if (view is null)
            return null;
        var batches = await BatchesAsync(tenant, platform, ct);
        return view with
        {
            Kinds = rows.GroupBy(row => row.Kind).ToDictionary(group => group.Key, group => Counts([.. group], batches)),
            Owners = [.. owners.Where(owner => owner.Of == platform).Select(owner => Match(owner, owners))],
            Stages = Match([.. stages.Where(row => row.Of == platform).Select(row => row.Stage)], [.. stages.Where(row => row.Of != platform).Select(row => row.Stage)]),
        };
    }

    /// <summary>A page of items, by id.</summary>
    /// <param name="class">Null: of every class.</param>
    /// <param name="after">The id that the page before ended with; null for the first.</param>
    public async Task<string> ItemsAsync(TenantId tenant, Platform platform, RecordKind kind, MatchClass? @class, Guid? after, CancellationToken ct) =>
        (await _database.QueryAsync(
            tenant,
            Sql.Command(
                MatchViewSql.Items, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()), Sql.Text(@class?.ToName()),
                Sql.Value(after ?? Guid.Empty), Sql.Value((long)PageSize)),
            row => row.GetString(0), ct))[0];

    /// <returns>Null where there is none of that id.</returns>
    public async Task<string?> ItemAsync(TenantId tenant, Platform platform, Guid id, CancellationToken ct) =>
        (await _database.QueryAsync(
            tenant,
            Sql.Command(
                MatchViewSql.One, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Array(Enum.GetValues<RecordKind>().Select(kind => kind.ToName())), Sql.Value(id)),
            row => row.GetString(0), ct)).SingleOrDefault();

    private static MatchPlanView Read(NpgsqlDataReader row)
    {
        using var plan = JsonDocument.Parse(row.GetString(1));
        string? Text(string name) => plan.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
        return new(
            row.GetString(0), Text("job") is { } job ? Guid.Parse(job) : null, null, row.GetFieldValue<string[]>(2),
            plan.RootElement.TryGetProperty("choices", out var choices) ? choices.EnumerateObject().ToDictionary(choice => choice.Name, choice => choice.Value.GetString()!) : null,
            Text("approved_by"), Text("approved_at") is { } at ? DateTimeOffset.Parse(at, null) : null,
            ImmutableDictionary<string, MatchCounts>.Empty, [], []);
    }

    private static MatchJobView ReadJob(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt64(4), row.IsDBNull(2) ? null : row.GetInt64(2), row.GetInt64(5), row.IsDBNull(3) ? null : row.GetString(3));

    // The account is opened, never called.
    private async Task<(int Read, int History, int Write)?> BatchesAsync(TenantId tenant, Platform platform, CancellationToken ct) =>
        await _sessions.OpenAsync(tenant, platform, Domain.Ports.CallLane.Interactive, ct, isForPlan: true) is { } session
            ? (session.Account.ReadLimit, session.Account.KeepsHistory ? Math.Max(1, session.Account.ReadLimit / 2) : 0, session.Writer?.WriteLimit ?? 0)
            : null;

    private static MatchCounts Counts(List<CountRow> rows, (int Read, int History, int Write)? batches)
    {
        long Sum(Func<CountRow, bool> which) => rows.Where(which).Sum(row => row.Count);
        var matched = Sum(row => row is { Class: "matched", Side: "there" });
        var onlyHere = Sum(row => row.Class == "only_here");
        return new(
            matched,
            rows.Where(row => row is { Class: "matched", Side: "there" }).GroupBy(row => row.MatchedBy ?? "").ToDictionary(group => group.Key, group => group.Sum(row => row.Count)),
            Sum(row => row is { Class: "ambiguous", Side: "here" }), Sum(row => row is { Class: "ambiguous", Side: "there" }),
            onlyHere, Sum(row => row.Class == "only_there"), Sum(row => row is { Class: "ambiguous", IsDecided: false }),
            batches is not { } size ? null : new(
                Calls(Sum(row => row.Side == "there"), size.Read), Calls(matched, size.History), 2 * Calls(onlyHere, size.Write)));
    }

    private static long Calls(long records, int batch) => batch == 0 ? 0 : (records + batch - 1) / batch;

    private static OwnerMatch Match(OwnerRow owner, List<OwnerRow> all) => new(
        owner.ExternalId, owner.Name, owner.Email, owner.IsActive,
        [.. all.Where(other => other.Of != owner.Of && other.OwnerId == owner.OwnerId).Select(other => $"{other.Of.ToName()} {other.ExternalId}")]);

    private static IReadOnlyList<StageMatch> Match(ImmutableArray<Stage> theirs, ImmutableArray<Stage> known)
    {
        var proposed = StageProposal.Of(theirs, known);
        var hub = known.Select(stage => stage.StageId).ToHashSet();
        return
        [
            .. theirs.Where(stage => !stage.IsArchived).Select(stage => new StageMatch(
                stage.PipelineExternalId, stage.ExternalId, stage.Pipeline, stage.Label, stage.Status,
                proposed.TryGetValue((stage.PipelineExternalId, stage.ExternalId), out var same) ? new(same.StageId, same.Pipeline, same.Label) : null,
                hub.Contains(stage.StageId) ? stage.StageId : null)),
        ];
    }

    private static NpgsqlBatchCommand On(string sql, TenantId tenant, Platform platform) =>
        Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(platform.ToName()));

    private sealed record CountRow(string Kind, string Side, string Class, string? MatchedBy, bool IsDecided, long Count)
    {
        public static CountRow Read(NpgsqlDataReader row) => new(
            row.GetString(0), row.GetString(1), row.GetString(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetBoolean(4), row.GetInt64(5));
    }

    private sealed record OwnerRow(Platform Of, string ExternalId, Guid OwnerId, string? Name, string? Email, bool IsActive)
    {
        public static OwnerRow Read(NpgsqlDataReader row) => new(
            Names.Parse<Platform>(row.GetString(0)), row.GetString(1), row.GetGuid(2), row.IsDBNull(3) ? null : row.GetString(3),
            row.IsDBNull(4) ? null : row.GetString(4), row.GetBoolean(5));
    }
}
