using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.ServiceBusTriggerAttribute</c>; queues only, one message an invocation.</summary>
public sealed class ServiceBusTriggerAttribute(string queueName) : TriggerBindingAttribute
{
    /// <summary>The setting that holds the connection string.</summary>
    public string? Connection { get; set; }

    /// <summary>The queue, also <c>name/$deadletterqueue</c> or <c>%Setting%</c>.</summary>
    public string? QueueName { get; } = queueName;

    public bool IsSessionsEnabled { get; set; }

    /// <summary>Where it is not written at the trigger, <c>autoCompleteMessages</c> of host.json holds.</summary>
    public bool AutoCompleteMessages { get; set; }
}
