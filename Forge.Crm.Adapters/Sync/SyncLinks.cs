using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What the links know, in the questions that a step asks: each is one indexed read, whatever the size of the account (but for counting it).</summary>
internal sealed class SyncLinks(TenantDatabase database)
{
    /// <summary>The most links that one question brings back.</summary>
    public const int Limit = 200;

    // A version that was read while it was fresh may have been followed by another edit within the platform's own clock tick, or the two
    // clocks differ: only one that was read a minute after it is taken for the last word on that version.
    private const string Unknown = """
        select s.id
          from unnest($4, $5) as s(id, version)
         where not exists (
               select from crm_record_links l
                where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = $3 and l.external_id = s.id
                  and (l.state in ('merged', 'erased')
                       or (l.state = 'live' and l.remote_version >= s.version and l.read_at >= l.remote_version + interval '1 minute')))
        """;

    private const string LiveAmong = """
        select l.external_id
          from unnest($4) as s(id)
          join crm_record_links l on l.external_id = s.id
         where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = $3 and l.state = 'live'
        """;

    // The length of the range's high end is that of all its members: a longer number whose text lies between is none of them, and is passed
    // over. Over all pages of a sweep that happens to each link at most once for each length of id that the account has.
    private const string Unlisted = """
        select l.external_id
          from unnest($4, $5) as r(low, high)
          join crm_record_links l on l.external_id > r.low and l.external_id <= r.high
         where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = $3 and l.state = 'live'
           and length(l.external_id) = length(r.high) and l.external_id <> all($6)
         order by length(l.external_id), l.external_id
         limit $7
        """;

    private const string LiveAfter = """
        select l.external_id
          from crm_record_links l
         where l.tenant_id = $1 and l.platform = $2 and l.remote_kind = $3 and l.state = 'live' and l.external_id > $4
         order by l.external_id
         limit $5
        """;

    private const string Count = """
        select count(*) from crm_record_links where tenant_id = $1 and platform = $2 and remote_kind = any($3) and state = 'live'
        """;

    /// <summary>How many live links there are of these kinds.</summary>
    public async Task<long> CountAsync(SyncJob job, IEnumerable<RemoteKind> kinds, CancellationToken ct) =>
        (await database.QueryAsync(
            job.Tenant,
            Sql.Command(Count, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Array(kinds.Select(kind => kind.ToName()))),
            row => row.GetInt64(0), ct))[0];

    /// <summary>Those ids whose version was not read yet; a search result that is here already costs no call.</summary>
    public Task<List<string>> UnknownAsync(SyncJob job, RemoteKind kind, IReadOnlyCollection<ChangedId> changed, CancellationToken ct) => database.QueryAsync(
        job.Tenant,
        Sql.Command(
            Unknown, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(kind.ToName()),
            Sql.Array(changed.Select(c => c.Id)), Sql.Times(changed.Select(c => (DateTimeOffset?)c.UpdatedAt))),
        row => row.GetString(0), ct);

    /// <summary>Those ids that have a live link.</summary>
    public Task<List<string>> LiveAmongAsync(SyncJob job, RemoteKind kind, IEnumerable<string> ids, CancellationToken ct) => database.QueryAsync(
        job.Tenant,
        Sql.Command(LiveAmong, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(kind.ToName()), Sql.Array(ids)),
        row => row.GetString(0), ct);

    /// <summary>Live links with numeric ids above one and up to another that are not among <paramref name="listed"/>, in the order of the numbers.</summary>
    public Task<List<string>> UnlistedAsync(
        SyncJob job, RemoteKind kind, string? after, string? upTo, IEnumerable<string> listed, CancellationToken ct)
    {
        var ranges = NumericId.Ranges(after, upTo);
        return database.QueryAsync(
            job.Tenant,
            Sql.Command(
                Unlisted, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(kind.ToName()),
                Sql.Array(ranges.Select(range => range.Low)), Sql.Array(ranges.Select(range => range.High)), Sql.Array(listed), Sql.Value(Limit)),
            row => row.GetString(0), ct);
    }

    /// <summary>Live links behind an id, in the order of the database's texts.</summary>
    public Task<List<string>> LiveAfterAsync(SyncJob job, RemoteKind kind, string? after, CancellationToken ct) => database.QueryAsync(
        job.Tenant,
        Sql.Command(
            LiveAfter, Sql.Value(job.Tenant.Value), Sql.Text(job.Platform.ToName()), Sql.Text(kind.ToName()), Sql.Text(after ?? ""), Sql.Value(Limit)),
        row => row.GetString(0), ct);
}
