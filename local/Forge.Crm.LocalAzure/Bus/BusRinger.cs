using System.Threading.Channels;
using Azure.Messaging.ServiceBus;
using Npgsql;

namespace Forge.Crm.LocalAzure.Bus;

/// <summary>
/// Tells the listeners of all processes that a queue has something new. It comes after the send, not in it: PostgreSQL lets commits with a NOTIFY
/// through one at a time, which would take group commit from the senders. Rings that come while one is under way share the next.
/// A ring that is lost (this process dies) costs the listeners' poll interval.
/// </summary>
internal sealed class BusRinger(BusConnection connection) : IAsyncDisposable
{
    private readonly Channel<string> queues = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Lock starting = new();
    private Task? loop;

    public void Ring(string queue)
    {
        queues.Writer.TryWrite(queue);
        if (loop is null)
            lock (starting)
                loop ??= Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        queues.Writer.TryComplete();
        if (loop is not null)
            await loop;
    }

    private async Task RunAsync()
    {
        var waiting = new HashSet<string>();
        while (await queues.Reader.WaitToReadAsync())
        {
            while (queues.Reader.TryRead(out var queue))
                waiting.Add(queue);
            try
            {
                await connection.QueryAsync<int>("", "select local_bus.ring($1)", _ => 0, CancellationToken.None,
                    new NpgsqlParameter<string[]> { TypedValue = [.. waiting] });
            }
            catch (ServiceBusException)
            {
                // The listeners poll: nothing is lost, and the next send will say itself that the database is away.
            }
            waiting.Clear();
        }
    }
}
