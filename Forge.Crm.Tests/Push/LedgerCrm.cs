using System.Globalization;
using System.Text.Json;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Npgsql;

namespace Forge.Crm.Tests.Push;

/// <summary>
/// A platform that outlives the worker which writes to it: contacts and a ledger of calls in tables of their own. Told to hang before or after
/// a call is carried out, it never answers.
/// </summary>
internal sealed class LedgerCrm(NpgsqlDataSource database) : ICrmConnector, ICrmAccount, ICrmWriter
{
    public const string Schema = """
        create schema remote;
        create table remote.contacts (id bigint generated always as identity, sync_id uuid, properties jsonb not null, changed_at timestamptz not null default clock_timestamp());
        create table remote.calls (place bigint generated always as identity, call text not null);
        create table remote.hangs (at text not null);
        """;

    private readonly FakeConnector _maps = new(new FakeCrm(TimeProvider.System));

    public Platform Platform => Platform.HubSpot;

    public IReadOnlyList<RemoteKind> Kinds => _maps.Kinds;

    public bool KeepsHistory => false;

    public int ReadLimit => 100;

    public int WriteLimit => 100;

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => throw new NotSupportedException();

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => _maps.MapperOf(kind, shape);

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane) => this;

    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct) =>
        await SelectAsync("id::text = any ($1)", ids.ToArray());

    public async Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        await SelectAsync("sync_id::text = any ($1)", sought.Select(record => record.SyncId.ToString()).ToArray());

    public async Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        await CallAsync("write", async () =>
        {
            foreach (var update in updates)
                await ExecuteAsync(
                    "update remote.contacts set properties = properties || $2::jsonb, changed_at = clock_timestamp() where id::text = $1",
                    update.Id, JsonSerializer.Serialize(update.Properties));
            return await SelectAsync("id::text = any ($1)", updates.Select(update => update.Id).ToArray());
        });

    public async Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        await CallAsync("create", async () =>
        {
            foreach (var creation in creations)
                await ExecuteAsync(
                    "insert into remote.contacts (sync_id, properties) values ($1::uuid, $2::jsonb)",
                    creation.SyncId.ToString(), JsonSerializer.Serialize(creation.Properties));
            return await SelectAsync("sync_id::text = any ($1)", creations.Select(creation => creation.SyncId.ToString()).ToArray());
        });

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => throw new NotSupportedException();

    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) => throw new NotSupportedException();

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) => throw new NotSupportedException();

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => Task.FromResult(new RemoteAccount("1", null, null));

    public Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct) => throw new NotSupportedException();

    public Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct) => Task.FromResult(new RemotePage([], null, 0));

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) => Task.FromResult(new ChangedPage([], null, 0));

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RemoteOwner>>([]);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RemoteStage>>([]);

    private async Task<IReadOnlyList<WriteAnswer>> CallAsync(string call, Func<Task<List<RemoteSnapshot>>> carryOut)
    {
        await HangAsync($"before {call}");
        var written = await carryOut();
        await ExecuteAsync("insert into remote.calls (call) values ($1)", call);
        await HangAsync($"after {call}");
        return [.. written.Select(WriteAnswer.Done)];
    }

    private async Task HangAsync(string point)
    {
        await using var command = database.CreateCommand("update remote.hangs set at = at || '!' where at = $1 returning at");
        command.Parameters.AddWithValue(point);
        if (await command.ExecuteScalarAsync() is not null)
            await Task.Delay(Timeout.Infinite);
    }

    private async Task ExecuteAsync(string sql, params string[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.AddWithValue(value);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<List<RemoteSnapshot>> SelectAsync(string where, string[] values)
    {
        await using var command = database.CreateCommand($"select id, sync_id, properties::text, changed_at from remote.contacts where {where} order by id");
        command.Parameters.AddWithValue(values);
        await using var reader = await command.ExecuteReaderAsync();
        var found = new List<RemoteSnapshot>();
        while (await reader.ReadAsync())
        {
            var at = reader.GetFieldValue<DateTimeOffset>(3);
            found.Add(new(
                new(RemoteKind.Contact, reader.GetInt64(0).ToString(CultureInfo.InvariantCulture)),
                JsonSerializer.Deserialize<Dictionary<string, string?>>(reader.GetString(2))!, at, at, null, TimeProvider.System.GetUtcNow(), [], default)
            {
                SyncId = reader.IsDBNull(1) ? null : reader.GetGuid(1),
            });
        }

        return found;
    }
}
