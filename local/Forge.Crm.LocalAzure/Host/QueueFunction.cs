using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>What is left to do for a message after its function ran.</summary>
internal enum Outcome
{
    /// <summary>Nothing: the function settled it, or auto-completion is off and its lock runs out.</summary>
    Settled,

    ToComplete,

    /// <summary>The function failed. As in the genuine processor the message is abandoned then, whatever auto-completion is set to.</summary>
    ToAbandon,
}

/// <summary>A function with a queue trigger: runs it for a message.</summary>
internal sealed partial class QueueFunction(
    FunctionMethod function, BusQueue queue, QueueSettings settings, IServiceScopeFactory scopes, DrainToken drain, ILogger logger)
{
    private readonly bool autoComplete = AutoComplete(function, settings);

    public BusQueue Queue => queue;

    public QueueSettings Settings => settings;

    public ILogger Logger => logger;

    public Task<Outcome> RunAsync(ServiceBusReceivedMessage message) => RunAsync(message, null);

    public async Task<Outcome> RunAsync(ServiceBusReceivedMessage message, ServiceBusSessionMessageActions? session)
    {
        var hasSucceeded = await TryInvokeAsync(message, session);
        if (message.Delivery.IsSettled)
            return Outcome.Settled;
        if (!hasSucceeded)
            return Outcome.ToAbandon;
        return autoComplete ? Outcome.ToComplete : Outcome.Settled;
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
