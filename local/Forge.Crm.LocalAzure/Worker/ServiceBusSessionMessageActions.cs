using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>
/// The session of an invocation. Mirrors <c>Microsoft.Azure.Functions.Worker.ServiceBusSessionMessageActions</c>, without session state.
/// </summary>
public class ServiceBusSessionMessageActions
{
    private readonly Settlement settlement;
    private readonly ServiceBusReceivedMessage message;

    internal ServiceBusSessionMessageActions(Settlement settlement, ServiceBusReceivedMessage message)
    {
        this.settlement = settlement;
        this.message = message;
        SessionLockedUntil = message.LockedUntil;
    }

    /// <summary>For mocks only, as in the genuine class.</summary>
    protected ServiceBusSessionMessageActions() => (settlement, message) = (null!, null!);

    public virtual DateTimeOffset SessionLockedUntil { get; protected set; }

    internal bool IsReleaseAsked { get; private set; }

    /// <summary>Lets the session go, once this message is settled, instead of waiting for its next message.</summary>
    public virtual Task ReleaseSession(CancellationToken cancellationToken = default)
    {
        IsReleaseAsked = true;
        return Task.CompletedTask;
    }

    public virtual async Task RenewSessionLockAsync(CancellationToken cancellationToken = default) =>
        SessionLockedUntil = await settlement.RenewAsync(message, cancellationToken);
}
