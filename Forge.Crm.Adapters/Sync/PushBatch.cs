using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a record's look came to.</summary>
/// <param name="Properties">To write, as the platform names them.</param>
/// <param name="Links">Associations that are due by then.</param>
internal sealed record PushItem(QueuedPush Row, PushPlan Plan, IReadOnlyDictionary<string, string?> Properties, LinkPlan Links)
{
    /// <summary>What it is on the platform; null where it is not there yet.</summary>
    public RemoteRef? From { get; init; }

    /// <summary>Once everything that can be there is.</summary>
    public PushOutcome Level => Links.Refusal is { } refusal ? PushOutcomes.Failed(Row, refusal) : PushOutcomes.Done(Row);
}

/// <summary>A record that is there, and its associations that are not as they are to be.</summary>
internal sealed record LinkItem(PushItem Item, RemoteRef From, IReadOnlyList<LinkDue> Due);

/// <summary>Rows of one kind that were claimed together, and the account that they are pushed to.</summary>
internal sealed class PushBatch(PlatformSession session, ICrmWriter writer, PushTurn turn, RecordKind kind, IEnumerable<QueuedPush> rows)
{
    private readonly Dictionary<Guid, QueuedPush> _open = rows.ToDictionary(row => row.RecordId);

    public PlatformSession Session => session;

    public ICrmWriter Writer => writer;

    public PushTurn Turn => turn;

    public RecordKind Kind => kind;

    /// <summary>Rows that are not settled yet.</summary>
    public IReadOnlyCollection<QueuedPush> Open => _open.Values;

    public IReadOnlyCollection<Guid> OpenIds => _open.Keys;

    /// <summary>The records' match keys, as far as they are known.</summary>
    public HashSet<string> Keys { get; } = [];

    /// <summary>What there is to link once the records are written.</summary>
    public List<LinkItem> ToLink { get; } = [];

    public QueuedPush Row(Guid recordId) => _open[recordId];

    public bool IsOpen(PushItem item) => _open.ContainsKey(item.Row.RecordId);

    public void Close(IEnumerable<PushOutcome> settled)
    {
        foreach (var outcome in settled)
            _open.Remove(outcome.Push.RecordId);
    }

    /// <summary>What the record is, or is to be, on the platform; null where the platform has nothing of that kind.</summary>
    public RemoteKind? KindOf(HubRecord hub, RecordLink? link) => link?.Ref.Kind ?? session.KindOf(hub);
}
