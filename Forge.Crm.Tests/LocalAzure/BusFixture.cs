using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>A bus of its own for a test class, and the few things that bus tests do again and again.</summary>
public sealed class BusFixture : IAsyncLifetime
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private int count;

    internal string ConnectionString { get; private set; } = "";

    internal BusConnection Connection { get; private set; } = null!;

    internal ServiceBusClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        ConnectionString = await PostgresFixture.NewDatabaseAsync();
        Connection = new BusConnection(ConnectionString);
        Client = new ServiceBusClient(ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await Client.DisposeAsync();
        await Connection.DisposeAsync();
    }

    internal Task<BusQueue> QueueAsync(bool sessions = false, int maxDeliveryCount = 10, TimeSpan? lockDuration = null, TimeSpan? timeToLive = null) =>
        BusQueue.DeclareAsync(
            Connection,
            new QueueDefinition(
                $"queue-{Interlocked.Increment(ref count)}", sessions, lockDuration ?? TimeSpan.FromMinutes(1), maxDeliveryCount, timeToLive),
            CancellationToken.None);

    internal Task<BusQueue> DeadLettersOfAsync(BusQueue queue) =>
        BusQueue.OpenAsync(Connection, queue.Name + QueueDefinition.DeadLetterSuffix, CancellationToken.None);

    internal Task SendAsync(BusQueue queue, string body, string? session = null) =>
        Client.CreateSender(queue.Name).SendMessageAsync(new ServiceBusMessage(body) { SessionId = session });

    /// <summary>Ends every lock on the bus, as if its time had passed.</summary>
    internal async Task ExpireLocksAsync()
    {
        await ExecuteAsync("update local_bus.messages set locked_until = clock_timestamp() where locked_until is not null");
        await ExecuteAsync("update local_bus.session_locks set locked_until = clock_timestamp()");
    }

    internal async Task ExecuteAsync(string sql)
    {
        await using var command = Connection.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    internal async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = Connection.Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Looks again and again until the condition holds.</summary>
    internal static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!await condition())
        {
            deadline.IsCancellationRequested.ShouldBeFalse($"Not within {Patience}: {what}");
            await Task.Delay(10);
        }
    }
}
