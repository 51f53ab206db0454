using System.Diagnostics.CodeAnalysis;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Npgsql;

namespace Forge.Crm.Adapters;

/// <param name="Vault">What was read of it before goes on for a while, so its outage alone is no reason to take an instance out of service.</param>
public sealed record HealthReport(bool Database, bool Bus, bool Vault);

/// <summary>Whether what everything stands on can be reached. Anybody may ask, so an answer is kept for some seconds and says nothing more.</summary>
[SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong, the answer is: not reachable.")]
public sealed class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ExpiringCache<string, bool> _answers;
    private readonly NpgsqlDataSource _database;
    private readonly Lazy<ServiceBusSender> _bus;
    private readonly Func<ISecretStore> _vault;
    private readonly TimeProvider _clock;

    internal Health(NpgsqlDataSource database, Func<ServiceBusClient> bus, Func<ISecretStore> vault, TimeProvider clock)
    {
        (_database, _vault, _clock) = (database, vault, clock);
        _bus = new(() => bus().CreateSender(Queues.Changes));
        _answers = new(TimeSpan.FromSeconds(5), 3, clock);
    }

    public async Task<HealthReport> CheckAsync(CancellationToken ct)
    {
        var database = _answers.GetAsync("database", _ => IsReachableAsync(AskDatabaseAsync), ct);
        var bus = _answers.GetAsync("bus", _ => IsReachableAsync(AskBusAsync), ct);
        var vault = _answers.GetAsync("vault", _ => IsReachableAsync(AskVaultAsync), ct);
        return new(await database, await bus, await vault);
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

    // There is none of that name, and that is an answer.
    private Task AskVaultAsync(CancellationToken ct) => _vault().GetLatestAsync("health", ct);

    // The largest size of a batch is the queue's to say, so this opens the link to the queue, and sends nothing.
    private async Task AskBusAsync(CancellationToken ct)
    {
        using var batch = await _bus.Value.CreateMessageBatchAsync(ct);
    }
}
