using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Settles the message of an invocation. Mirrors <c>Microsoft.Azure.Functions.Worker.ServiceBusMessageActions</c>.</summary>
public class ServiceBusMessageActions
{
    private readonly Settlement settlement;

    internal ServiceBusMessageActions(Settlement settlement) => this.settlement = settlement;

    /// <summary>For mocks only, as in the genuine class.</summary>
    protected ServiceBusMessageActions() => settlement = null!;

    public virtual Task CompleteMessageAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return settlement.CompleteAsync(message, cancellationToken);
    }

    public virtual Task AbandonMessageAsync(
        ServiceBusReceivedMessage message,
        IDictionary<string, object>? propertiesToModify = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return settlement.AbandonAsync(message, propertiesToModify, cancellationToken);
    }

    public virtual Task DeadLetterMessageAsync(
        ServiceBusReceivedMessage message,
        Dictionary<string, object>? propertiesToModify = default,
        string? deadLetterReason = default,
        string? deadLetterErrorDescription = default,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return settlement.DeadLetterAsync(message, propertiesToModify, deadLetterReason, deadLetterErrorDescription, cancellationToken);
    }

    public virtual async Task RenewMessageLockAsync(ServiceBusReceivedMessage message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        message.LockedUntil = await settlement.RenewAsync(message, cancellationToken);
    }
}
