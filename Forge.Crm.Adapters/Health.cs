using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Npgsql;

namespace Forge.Crm.Adapters;

public sealed record HealthReport(bool Database, bool Bus);

/// <summary>Whether what everything stands on can be reached. Anybody may ask, so an answer is kept for some seconds and says nothing more.</summary>
[SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong, the answer is: not reachable.")]
public sealed class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ExpiringCache<string, bool> _answers;
    private readonly NpgsqlDataSource _database;
    private readonly Lazy<ServiceBusSender> _bus;
    private readonly TimeProvider _clock;

    internal Health(NpgsqlDataSource database, Func<ServiceBusClient> bus, TimeProvider clock)
    {
        (_database, _clock) = (database, clock);
        _bus = new(() => bus().CreateSender(Queues.Changes));
        _answers = new(TimeSpan.FromSeconds(5), 2, clock);
    }

    public async Task<HealthReport> CheckAsync(CancellationToken ct)
    {
        var database = _answers.GetAsync("database", _ => IsReachableAsync(AskDatabaseAsync), ct);
        var bus = _answers.GetAsync("bus", _ => IsReachableAsync(AskBusAsync), ct);
        return new(await database, await bus);
    }

    private async Task<bool> IsReachableAsync(Func<CancellationToken, Task> ask)
    {
        using var patience = new CancellationTokenSource(Patience, _clock);
        try
        {
            await ask(patience.Token).WaitAsync(patience.Token);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private async Task AskDatabaseAsync(CancellationToken ct)
    {
        await using var command = _database.CreateCommand("select 1");
        await command.ExecuteScalarAsync(ct);
    }

    // The largest size of a batch is the queue's to say, so this opens the link to the queue, and sends nothing.
    private async Task AskBusAsync(CancellationToken ct)
    {
        using var batch = await _bus.Value.CreateMessageBatchAsync(ct);
    }
}
