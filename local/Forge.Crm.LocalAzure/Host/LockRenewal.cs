using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>
/// Renews the lock of a message, or of a session, at half its time until disposed of; but no longer than <c>maxAutoLockRenewalDuration</c> after the last
/// <see cref="Extend"/>, so that a function that hangs loses its lock in the end.
/// </summary>
internal sealed partial class LockRenewal : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly TimeSpan atMost;
    private readonly Task loop;
    private long extendedAt;

    public LockRenewal(BusQueue queue, ServiceBusReceivedMessage message, TimeSpan atMost, ILogger logger)
    {
        this.atMost = atMost;
        Extend();
        loop = RunAsync(queue, message, logger);
    }

    public void Extend() => Interlocked.Exchange(ref extendedAt, Environment.TickCount64);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await loop;
        stopping.Dispose();
    }

    private async Task RunAsync(BusQueue queue, ServiceBusReceivedMessage message, ILogger logger)
    {
        while (true)
        {
            await Task.Delay(queue.LockDuration / 2, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var age = Environment.TickCount64 - Interlocked.Read(ref extendedAt);
            if (stopping.IsCancellationRequested || age > atMost.TotalMilliseconds || message.Delivery.IsSettled && message.Delivery.Session is null)
                return;
            try
            {
                message.LockedUntil = await queue.Settlement.RenewAsync(message, CancellationToken.None);
            }
            catch (ServiceBusException e)
            {
                NotRenewed(logger, queue.Name, e);
                if (!e.IsTransient)
                    return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A lock of the queue {Queue} could not be renewed.")]
    private static partial void NotRenewed(ILogger logger, string queue, Exception error);
}
