using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>Hears the rings of all processes over one connection. While it is broken the receivers' polls carry on.</summary>
internal sealed partial class BusListener(BusConnection connection, ILogger logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, QueueSignal> signals = new();

    public QueueSignal Signal(string queue) => signals.GetOrAdd(queue, _ => new QueueSignal());

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                Broken(logger, e);
                await Task.Delay(RetryAfter, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken stopping)
    {
        await using var session = await connection.Database.OpenConnectionAsync(stopping);
        session.Notification += (_, ring) => Signal(ring.Payload).Set();
        await using (var command = new NpgsqlCommand("listen local_bus", session))
            await command.ExecuteNonQueryAsync(stopping);
        // What rang while nobody listened is found by looking.
        foreach (var signal in signals.Values)
            signal.Set();
        while (true)
            await session.WaitAsync(stopping);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The local bus does not hear rings for the moment; it polls instead.")]
    private static partial void Broken(ILogger logger, Exception error);
}
