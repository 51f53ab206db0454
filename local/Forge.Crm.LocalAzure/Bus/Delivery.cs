namespace Forge.Crm.LocalAzure.Bus;

/// <summary>The locks under which a message was delivered: what its settle presents to the database.</summary>
internal sealed class Delivery(int queueId, long sequenceNumber, Guid lockToken, SessionHold? session)
{
    public int QueueId { get; } = queueId;

    /// <summary>The column of that name: the session id, or nothing where sessions have no meaning.</summary>
    public string Lane => Session?.SessionId ?? "";

    public long SequenceNumber { get; } = sequenceNumber;

    public Guid LockToken { get; } = lockToken;

    public SessionHold? Session { get; } = session;

    /// <summary>Set by the first settle, so that auto-completion leaves alone what the function settled itself.</summary>
    public bool IsSettled { get; set; }
}

/// <summary>One holding of a session. A later holder has another token: that is the fence.</summary>
internal sealed record SessionHold(int QueueId, string SessionId, Guid Token);
