using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>What a page of items was judged to be.</summary>
/// <param name="MatchedBy">The kind of key, e.g. <c>email</c>; null where nothing matched.</param>
internal sealed record MatchVerdict(Guid Id, MatchClass Class, string? MatchedBy, MatchNeighbours Neighbours);

/// <summary>A matching record's neighbours, and the strongest key that one of the other side shares with it.</summary>
internal sealed record FoundNeighbours(MatchNeighbours Neighbours, string? SharedKey);

/// <summary><c>crm_match_items</c> and <c>crm_match_keys</c> of a tenant's platform.</summary>
internal sealed class MatchStore(TenantDatabase database)
{
    /// <summary>The most neighbours by one key that are looked at and listed: with so many nothing can be told anyway.</summary>
    private const int MaxNeighbours = 20;

    public Task<List<HubRecord>> UnlinkedAsync(PlatformSession session, RecordKind kind, Guid after, int max, CancellationToken ct)
    {
        var table = RecordTable.Of(session.ShapeOf(kind));
        return database.QueryAsync(session.Tenant, table.Unlinked(session.Tenant, session.Platform, after, max), table.Read, ct);
    }

    public Task<List<(Guid Id, MatchSide Side)>> PageAsync(PlatformSession session, RecordKind kind, Guid after, int max, CancellationToken ct) =>
        database.QueryAsync(
            session.Tenant, On(MatchSql.Page, session, Sql.Text(kind.ToName()), Sql.Value(after), Sql.Value((long)max)),
            row => (row.GetGuid(0), Names.Parse<MatchSide>(row.GetString(1))), ct);

    /// <summary>How many rows there are to clear, counted up to a bound.</summary>
    public async Task<long> SizeAsync(PlatformSession session, int max, CancellationToken ct) =>
        (await database.QueryAsync(session.Tenant, On(MatchSql.Size, session, Sql.Value((long)max)), row => row.GetInt64(0), ct))[0];

    public async Task<Dictionary<Guid, FoundNeighbours>> NeighboursAsync(PlatformSession session, RecordKind kind, IReadOnlyCollection<Guid> ids, CancellationToken ct)
    {
        var rows = ids.Count == 0 ? [] : await database.QueryAsync(
            session.Tenant, On(MatchSql.Neighbours, session, Sql.Text(kind.ToName()), Sql.Array(ids), Sql.Value((long)MaxNeighbours + 1)),
            row => (Id: row.GetGuid(0), Other: row.GetGuid(1), IsTwin: row.GetBoolean(2), Key: row.GetString(3)), ct);
        return rows.GroupBy(row => row.Id).ToDictionary(group => group.Key, group => new FoundNeighbours(
            new(
                [.. group.Where(row => !row.IsTwin).Select(row => row.Other).Distinct().Take(MaxNeighbours)],
                [.. group.Where(row => row.IsTwin).Select(row => row.Other).Distinct().Take(MaxNeighbours)]),
            group.Where(row => !row.IsTwin).Select(row => row.Key).FirstOrDefault()));
    }

    /// <summary>The company of each of these deals of the hub, where it can be told.</summary>
    public async Task<Dictionary<Guid, Guid>> CompaniesHereAsync(PlatformSession session, IEnumerable<Guid> deals, CancellationToken ct) =>
        (await database.QueryAsync(
            session.Tenant, Sql.Command(MatchSql.CompaniesHere, Sql.Value(session.Tenant.Value), Sql.Array(deals)),
            row => (Deal: row.GetGuid(0), Company: row.IsDBNull(1) ? (Guid?)null : Guid.Parse(row.GetString(1))), ct))
        .Where(row => row.Company is not null).ToDictionary(row => row.Deal, row => row.Company!.Value);

    /// <summary>The hub's company of each of these companies of the platform, where it is linked or matched to one.</summary>
    public async Task<Dictionary<string, Guid>> CompaniesThereAsync(PlatformSession session, IReadOnlyCollection<string> companies, CancellationToken ct) =>
        companies.Count == 0 ? [] : (await database.QueryAsync(
            session.Tenant,
            On(
                MatchSql.CompaniesThere, session, Sql.Array(companies),
                Sql.Array(companies.Select(id => MatchItem.IdOf(new(RemoteKind.Company, id))))),
            row => (Id: row.GetString(0), Company: row.IsDBNull(1) ? (Guid?)null : row.GetGuid(1)), ct))
        .Where(row => row.Company is not null).ToDictionary(row => row.Id, row => row.Company!.Value);

    /// <summary>Joined records of a page of items that the platform has not shown since.</summary>
    public Task<List<RemoteRef>> UnseenAsync(PlatformSession session, RecordKind kind, IEnumerable<Guid> ids, CancellationToken ct) => database.QueryAsync(
        session.Tenant, On(MatchSql.Unseen, session, Sql.Text(kind.ToName()), Sql.Array(ids)),
        row => new RemoteRef(Names.Parse<RemoteKind>(row.GetString(0)), row.GetString(1)), ct);

    public static IEnumerable<NpgsqlBatchCommand> Clear(PlatformSession session, int max) =>
        MatchSql.Clear.Select(sql => On(sql, session, Sql.Value((long)max)));

    public static IEnumerable<NpgsqlBatchCommand> Insert(PlatformSession session, RecordKind kind, IEnumerable<MatchItem> found)
    {
        MatchItem[] items = [.. found.DistinctBy(item => item.Id).OrderBy(item => item.Id)];
        if (items.Length == 0)
            yield break;
        yield return On(
            MatchSql.InsertItems, session, Sql.Text(kind.ToName()), Sql.Array(items.Select(i => i.Id)), Sql.Array(items.Select(i => i.Side.ToName())),
            Sql.Array(items.Select(i => i.RemoteKind.ToName())), Sql.Array(items.Select(i => i.ExternalId)), Sql.Array(items.Select(i => i.Label)),
            Sql.Jsons(items.Select(i => JobJson.Write(i.Keys))));
        var keys = items.SelectMany(item => item.Keys.Select(key => (key, item.Side, item.Id))).ToList();
        if (keys.Count > 0)
        {
            yield return On(
                MatchSql.InsertKeys, session, Sql.Text(kind.ToName()), Sql.Array(keys.Select(k => k.key)), Sql.Array(keys.Select(k => k.Side.ToName())),
                Sql.Array(keys.Select(k => k.Id)));
        }
    }

    public static NpgsqlBatchCommand Judge(PlatformSession session, RecordKind kind, IReadOnlyCollection<MatchVerdict> verdicts) => On(
        MatchSql.Judge, session, Sql.Text(kind.ToName()), Sql.Array(verdicts.Select(v => v.Id)), Sql.Array(verdicts.Select(v => v.Class.ToName())),
        Sql.Array(verdicts.Select(v => v.MatchedBy)), Sql.Jsons(verdicts.Select(v => JobJson.Write(v.Neighbours.Mates))),
        Sql.Jsons(verdicts.Select(v => JobJson.Write(v.Neighbours.Twins))));

    /// <summary>What is decided of these items, as links.</summary>
    public static NpgsqlBatchCommand Links(TenantId tenant, Platform platform, RecordKind kind, IEnumerable<Guid> ids, MatchChoice choice) => Sql.Command(
        MatchSql.Links.Replace("{0}", RecordTable.NameOf(kind), StringComparison.Ordinal), Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()),
        Sql.Array(ids), Sql.Value(choice.CreatesHere()), Sql.Value(choice.CreatesThere()));

    /// <summary>Queues those of these items that are to be created there.</summary>
    /// <param name="cause">The job.</param>
    public static NpgsqlBatchCommand Offers(TenantId tenant, Platform platform, RecordKind kind, IEnumerable<Guid> ids, MatchChoice choice, string cause) => Sql.Command(
        MatchSql.Offers.Replace("{0}", RecordTable.NameOf(kind), StringComparison.Ordinal), Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()),
        Sql.Array(ids), Sql.Value(choice.CreatesThere()), Sql.Text(cause));

    public static NpgsqlBatchCommand Gone(PlatformSession session, RemoteKind kind, IEnumerable<string> ids) =>
        On(MatchSql.Gone, session, Sql.Text(kind.ToName()), Sql.Array(ids));

    public static NpgsqlBatchCommand Settled(PlatformSession session) => On(MatchSql.Settled, session);

    private static NpgsqlBatchCommand On(string sql, PlatformSession session, params ReadOnlySpan<NpgsqlParameter> more)
    {
        var command = Sql.Command(sql, Sql.Value(session.Tenant.Value), Sql.Text(session.Platform.ToName()));
        foreach (var parameter in more)
            command.Parameters.Add(parameter);
        return command;
    }
}
