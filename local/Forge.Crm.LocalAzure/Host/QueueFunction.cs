using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>A function with a queue trigger: runs it for a message, and settles the message by the outcome.</summary>
internal sealed partial class QueueFunction(
    FunctionMethod function, BusQueue queue, QueueSettings settings, IServiceScopeFactory scopes, DrainToken drain, ILogger logger)
{
    private readonly bool autoComplete = AutoComplete(function, settings);

    public BusQueue Queue => queue;

    public QueueSettings Settings => settings;

    public ILogger Logger => logger;

    /// <summary>Runs the function. An exception of it abandons the message, as the genuine processor does whatever auto-completion is set to.</summary>
    /// <returns>Whether the function asked to let the session go.</returns>
    /// <exception cref="ServiceBusException">The message could not be settled; it will be delivered again.</exception>
    public async Task<bool> RunAsync(ServiceBusReceivedMessage message)
    {
        var session = message.Delivery.Session is null ? null : new ServiceBusSessionMessageActions(queue.Settlement, message);
        var isDone = await TryInvokeAsync(message, session);
        if (!message.Delivery.IsSettled)
        {
            if (!isDone)
                await queue.Settlement.AbandonAsync(message, null, CancellationToken.None);
            else if (autoComplete)
                await queue.Settlement.CompleteAsync(message, CancellationToken.None);
        }
        return session is { IsReleaseAsked: true };
    }

    private async Task<bool> TryInvokeAsync(ServiceBusReceivedMessage message, ServiceBusSessionMessageActions? session)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var invocation = new Invocation(function, scope.ServiceProvider, drain.Token)
                .With(message).With(new ServiceBusMessageActions(queue.Settlement));
            if (session is not null)
                invocation.With(session);
            await function.InvokeAsync(invocation);
            return true;
        }
#pragma warning disable CA1031 // Whatever a function throws means: deliver again, and never the end of the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(logger, function.Name, queue.Name, message.SequenceNumber, message.DeliveryCount, e);
            return false;
        }
    }

    private static bool AutoComplete(FunctionMethod function, QueueSettings settings)
    {
        // The property's value alone does not tell "false" from "not written".
        var written = function.TriggerParameter.CustomAttributes
            .Single(attribute => attribute.AttributeType == typeof(ServiceBusTriggerAttribute)).NamedArguments
            .Where(argument => argument.MemberName == nameof(ServiceBusTriggerAttribute.AutoCompleteMessages))
            .Select(argument => argument.TypedValue.Value).SingleOrDefault();
        return written as bool? ?? settings.AutoCompleteMessages;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The function {Function} failed for message {SequenceNumber} of {Queue}, delivery {DeliveryCount}.")]
    private static partial void Failed(ILogger logger, string function, string queue, long sequenceNumber, int deliveryCount, Exception error);
}
