using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Engine;

/// <summary>The engine on a hub of a test's own: what a platform shows goes in, and what it is due is looked at, over stored rows.</summary>
internal sealed class StoreBed : IAsyncDisposable
{
    private StoreBed(HubDatabase hub) => (Hub, Store) = (hub, new(hub.Tenant, TimeProvider.System));

    public static readonly DateTimeOffset Start = Stamp.Micros(TimeProvider.System.GetUtcNow());

    public HubDatabase Hub { get; }

    public RecordStore Store { get; }

    public SyncPolicy Policy { get; set; } = PolicyOf(Platform.HubSpot, Strategy.ManualReview);

    public Func<RecordKind, RecordShape> ShapeOf { get; init; } = StandardFields.Of;

    public static async Task<StoreBed> CreateAsync() => new(await HubDatabase.CreateAsync());

    public static async Task<StoreBed> CreateAsync(Func<RecordKind, RecordShape> shapeOf) => new(await HubDatabase.CreateAsync()) { ShapeOf = shapeOf };

    /// <summary>A platform that takes pushes of contacts.</summary>
    public static SyncPolicy PolicyOf(Platform platform, Strategy strategy = Strategy.TimestampBased) => SyncPolicy.DefaultFor(platform) with
    {
        Strategies = Strategies.Of(strategy),
        Targets = [new(Platform.HubSpot, [RecordKind.Contact])],
    };

    /// <summary>A contact as the platform of <see cref="Policy"/> shows it, each field edited exactly then.</summary>
    /// <param name="minute">After the start of the test; before it where negative.</param>
    public RemoteChange Contact(string id, int minute, params (string Field, string? Value)[] fields)
    {
        var shape = ShapeOf(RecordKind.Contact);
        var version = Start.AddMinutes(minute);
        var values = new RemoteField[shape.Count];
        foreach (var (field, value) in fields)
            values[shape.IndexOf(field)] = new(value, new(version, Policy.Platform));
        var record = new RemoteRecord(
            new(RemoteKind.Contact, id), [.. values], version, version.AddSeconds(1), [], MatchKeys.Of(shape, i => values[i].Value), version);
        return new(record.Ref, record, null, [], [], new(CauseKind.Event, "1"));
    }

    public async Task<ChangeOutcome[]> ApplyAsync(params RemoteChange[] changes)
    {
        var plan = await Store.ApplyAsync(Hub.Id, Policy, ShapeOf, changes, _ => [], CancellationToken.None);
        return [.. plan.Results.Select(result => result.Outcome)];
    }

    /// <summary>What the store loads of records, for a look at them.</summary>
    public async Task<WorkingSet> LoadAsync(RecordKind kind, params Guid[] ids)
    {
        await using var transaction = await Hub.Tenant.BeginAsync(Hub.Id, CancellationToken.None);
        return (await LoadAsync(transaction, kind, ids))!;
    }

    /// <summary>Looks at a contact for the platform and stores what has to be stored before the call.</summary>
    public async Task<PushPlan> LookAsync(Guid id)
    {
        await using var transaction = await Hub.Tenant.BeginAsync(Hub.Id, CancellationToken.None);
        var set = (await LoadAsync(transaction, RecordKind.Contact, [id]))!;
        var plan = new PushPlanner(Policy, ShapeOf, Start)
            .Look(set, id, RemoteKind.Contact, [.. ShapeOf(RecordKind.Contact).Fields.Select(_ => true)]);
        var write = new BatchWrite(Hub.Id, Policy.Platform, ShapeOf, TableOf, Guid.CreateVersion7);
        write.Add(set, new BatchPlan([], [], []));
        await transaction.ExecuteAsync(write.Commands, CancellationToken.None);
        write.LostARace.ShouldBeFalse();
        await transaction.CommitAsync(CancellationToken.None);
        return plan;
    }

    public string[] NamesOf(PushPlan plan) => [.. plan.Fields.Select(i => ShapeOf(RecordKind.Contact).Fields[i].Name)];

    public Task<Guid> OnlyContactAsync() => Hub.ScalarAsync<Guid>("select id from crm_contacts");

    public Task<List<string>> ConflictsAsync() => Hub.RowsAsync("""
        select field, platform, reason, base_value, hub_value, remote_value, state, resolved_at is not null from crm_conflict_records order by id
        """);

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();

    // Nobody else is at work, so the locks may be taken one after the other.
    private async Task<WorkingSet?> LoadAsync(TenantTransaction transaction, RecordKind kind, Guid[] ids)
    {
        HashSet<(RecordKind, Guid)> survivors = [];
        HashSet<string> keys = [];
        while (true)
        {
            if (await new BatchLoad(Hub.Id, Policy.Platform, ShapeOf, TableOf, survivors).ReadAsync(transaction, kind, ids, keys, CancellationToken.None) is { } set)
                return set;
        }
    }

    private RecordTable TableOf(RecordKind kind) => RecordTable.Of(ShapeOf(kind));
}
