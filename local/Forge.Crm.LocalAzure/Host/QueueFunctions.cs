using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>The functions with a queue trigger: makes their queues, listens, and stops in order.</summary>
internal sealed class QueueFunctions(
    IReadOnlyList<FunctionMethod> functions, HostJson settings, BusSettings bus, IConfiguration configuration, IServiceScopeFactory scopes, DrainToken drain,
    ILoggerFactory loggers) : IAsyncDisposable
{
    private readonly ILogger logger = loggers.CreateLogger<QueueFunctions>();
    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<string, (BusConnection Connection, BusListener Listener)> connections = [];
    private readonly List<Receiver> receivers = [];
    private readonly List<Task> loops = [];

    private readonly List<Listening> listenings =
    [
        .. from function in functions
           where function.Trigger is ServiceBusTriggerAttribute
           let trigger = (ServiceBusTriggerAttribute)function.Trigger
           select new Listening(
               function, QueueDefinition.Normalize(configuration.Resolve(trigger.QueueName!)), configuration.BusConnectionString(trigger.Connection)),
    ];

    /// <exception cref="ServiceBusException">The database cannot be reached.</exception>
    public async Task StartAsync(CancellationToken ct)
    {
        foreach (var place in listenings.GroupBy(listening => listening.ConnectionString))
        {
            var connection = new BusConnection(place.Key);
            connections[place.Key] = (connection, new BusListener(connection, logger));
            await DeclareAsync(connection, [.. place], ct);
        }
        foreach (var listening in listenings)
            receivers.Add(await CreateReceiverAsync(listening, ct));
        loops.AddRange(connections.Values.Select(connection => connection.Listener.RunAsync(stopping.Token)));
        loops.AddRange(receivers.Select(receiver => receiver.RunAsync(stopping.Token)));
    }

    /// <summary>Stops receiving, and waits for what is running.</summary>
    /// <returns>Whether all of it ended before the token was cancelled.</returns>
    public async Task<bool> StopAsync(CancellationToken enough)
    {
        await stopping.CancelAsync();
        await Task.WhenAll(loops).WaitAsync(enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var drained = await Task.WhenAll(receivers.Select(receiver => receiver.DrainAsync(enough)));
        return drained.All(isDrained => isDrained);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (connection, _) in connections.Values)
            await connection.DisposeAsync();
        stopping.Dispose();
    }

    private async Task DeclareAsync(BusConnection connection, List<Listening> listening, CancellationToken ct)
    {
        foreach (var queue in listening.Select(one => one.BaseQueue).Concat(bus.Queues.Keys.Select(QueueDefinition.Normalize)).Distinct())
            await BusQueue.DeclareAsync(connection, bus.Define(queue, listening.Any(one => one.Queue == queue && one.Trigger.IsSessionsEnabled)), ct);
    }

    private async Task<Receiver> CreateReceiverAsync(Listening listening, CancellationToken ct)
    {
        var (connection, listener) = connections[listening.ConnectionString];
        var queue = await BusQueue.OpenAsync(connection, listening.Queue, ct);
        if (queue.RequiresSession != listening.Trigger.IsSessionsEnabled)
            throw new InvalidOperationException(
                $"The function '{listening.Function.Name}' listens to {queue.Name} {(queue.RequiresSession ? "without" : "with")} sessions, and the queue is not so.");
        var function = new QueueFunction(
            listening.Function, queue, settings.ServiceBus, scopes, drain, loggers.CreateLogger($"Function.{listening.Function.Name}"));
        var rung = listener.Signal(queue.Name);
        return queue.RequiresSession
            ? new SessionReceiver(function, rung, bus.PollInterval)
            : new MessageReceiver(function, rung, bus.PollInterval);
    }

    private sealed record Listening(FunctionMethod Function, string Queue, string ConnectionString)
    {
        public ServiceBusTriggerAttribute Trigger => (ServiceBusTriggerAttribute)Function.Trigger;

        public string BaseQueue => Queue.EndsWith(QueueDefinition.DeadLetterSuffix, StringComparison.Ordinal)
            ? Queue[..^QueueDefinition.DeadLetterSuffix.Length]
            : Queue;
    }
}
