using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;

namespace Forge.Crm.Tests.Simulation;

/// <summary>What goes wrong with the next calls of a platform.</summary>
internal sealed class SlowFaults
{
    /// <summary>Called before a call is carried out ("read", "find", "write"); throws to make it fail.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called when it has been carried out and before its answer is given.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>Reads are answered by a replica that is some seconds behind.</summary>
    public bool IsStale { get; set; }

    public void Clear() => (Before, After, IsStale) = (_ => Task.CompletedTask, _ => Task.CompletedTask, false);
}

/// <summary>A model platform behind the ports that the product calls.</summary>
internal sealed class SlowAccount(ModelCrm crm, SlowFaults faults) : ICrmAccount, ICrmWriter
{
    public bool KeepsHistory => crm.Traits.KeepsHistory;

    public int ReadLimit => 100;

    public int WriteLimit => 100;

    public Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct) =>
        CallAsync<IReadOnlyList<RemoteSnapshot>>("read", () => [.. crm.Read(ids, withHistory, faults.IsStale && !withHistory)]);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        CallAsync<IReadOnlyList<RemoteSnapshot>>("find", () => [.. crm.Find(sought)]);

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        WriteAsync(updates, update => crm.Write(update.Id, update.Properties) is { } shown ? WriteAnswer.Done(shown) : WriteAnswer.Absent);

    public Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        WriteAsync(creations, made => crm.Create(made.SyncId, made.Properties) is { } shown ? WriteAnswer.Done(shown) : WriteAnswer.Refused("there is one of that e-mail address"));

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) =>
        throw new NotSupportedException("The simulation's records are contacts, which it does not associate.");

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) => WriteAsync(ids, id =>
    {
        if (crm.Live(id) is null)
            return WriteAnswer.Absent;
        crm.Delete(id);
        return WriteAnswer.Deleted;
    });

    public async Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) =>
        (await WriteAsync([(survivor, loser)], pair => crm.Merge(pair.survivor, pair.loser) is { } heir
            ? WriteAnswer.Done(crm.Read([heir.Id], withHistory: false, isStale: false).Single())
            : WriteAnswer.Absent))[0];

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RemoteOwner>>([]);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => Task.FromResult<IReadOnlyList<RemoteStage>>([]);

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => throw new NotSupportedException("Nobody connects.");

    // There are only contacts: a merge's survivor is asked for them, and has none.
    public Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct) =>
        CallAsync<IReadOnlyList<RemoteAssociations>>("read", () => [.. ids.Select(id => new RemoteAssociations(new(from, id), to, []))]);

    public Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct) => throw new NotSupportedException("Sweeps read the model.");

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) => throw new NotSupportedException("Sweeps read the model.");

    private Task<IReadOnlyList<WriteAnswer>> WriteAsync<T>(IReadOnlyList<T> items, Func<T, WriteAnswer> write) =>
        CallAsync<IReadOnlyList<WriteAnswer>>("write", () => [.. items.Select(write)]);

    private async Task<T> CallAsync<T>(string call, Func<T> carryOut)
    {
        await faults.Before(call);
        var answer = carryOut();
        await faults.After(call);
        return answer;
    }
}

/// <summary>Connects the one tenant of a <see cref="SlowWorld"/> to a model platform.</summary>
internal sealed class SlowConnector(ModelCrm crm, SlowFaults faults) : ICrmConnector
{
    private static readonly FakeConnector Events = new(new FakeCrm(TimeProvider.System));

    public Platform Platform => crm.Traits.Platform;

    public IReadOnlyList<RemoteKind> Kinds { get; } = [RemoteKind.Contact];

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => Events.ReadEvent(raw, receivedAt);

    /// <summary>The simulated fields that are columns.</summary>
    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) =>
        new(kind, shape, SimulatedFields.Maps.Where(map => crm.Traits.Fields.Contains(map.Property) && shape.IndexOf(map.Field) >= 0));

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane) => new SlowAccount(crm, faults);
}
