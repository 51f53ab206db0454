using Forge.Crm.Adapters.ServiceBus;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.LocalHost.Stack;

/// <summary>
/// Hears the hub's own edits as they are committed, over one connection, and rings for them. What is missed while it is broken costs the
/// relay's few seconds. (LISTEN needs a session of its own: behind a transaction pooler nothing would be heard.)
/// </summary>
internal sealed partial class OutboxListener : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly string _connectionString;
    private readonly PushWakeUps _wakeUps;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _listening = new();
    private readonly Task _run;

    private OutboxListener(string connectionString, PushWakeUps wakeUps, ILogger logger)
    {
        (_connectionString, _wakeUps, _logger) = (new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString, wakeUps, logger);
        _run = RunAsync();
    }

    /// <param name="connectionString">Any role's: to listen takes no right.</param>
    /// <returns>Once it listens.</returns>
    public static async Task<OutboxListener> StartAsync(string connectionString, PushWakeUps wakeUps, ILogger<OutboxListener> logger, CancellationToken ct)
    {
        var listener = new OutboxListener(connectionString, wakeUps, logger);
        await listener._listening.Task.WaitAsync(ct);
        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException e)
            {
                Broken(_logger, e);
                await Task.Delay(RetryAfter, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken ct)
    {
        await using var session = new NpgsqlConnection(_connectionString);
        await session.OpenAsync(ct);
        session.Notification += (_, heard) => _ = _wakeUps.HearAsync(heard.Payload, CancellationToken.None);
        await using (var command = new NpgsqlCommand($"listen {PushWakeUps.Channel}", session))
            await command.ExecuteNonQueryAsync(ct);
        _listening.TrySetResult();
        while (true)
            await session.WaitAsync(ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The hub's own edits are not heard of for the moment; the relay finds them.")]
    private static partial void Broken(ILogger logger, Exception error);
}
