using Forge.Crm.LocalAzure;
using Forge.Crm.LocalAzure.Bus;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class BusSchemaTests
{
    [Fact]
    public async Task Many_processes_may_make_the_schema_and_the_queues_at_once()
    {
        var database = await PostgresFixture.NewDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => LocalBus.DeclareQueueAsync(database, $"queue-{i % 2}", requiresSession: true)));

        (await LocalBus.CountAsync(database)).Select(queue => queue.Name).ShouldBe(
            ["queue-0", "queue-0/$deadletterqueue", "queue-1", "queue-1/$deadletterqueue"]);
    }

    [Fact]
    public async Task A_new_version_of_the_schema_keeps_the_messages()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        await LocalBus.DeclareQueueAsync(database, "kept", requiresSession: false);
        await using (var client = new Azure.Messaging.ServiceBus.ServiceBusClient(database))
            await client.CreateSender("Kept").SendMessageAsync(new("still here"));
        await using var connection = new BusConnection(database);
        await using (var command = connection.Database.CreateCommand("comment on schema local_bus is 'older'"))
            await command.ExecuteNonQueryAsync();

        await BusSchema.EnsureAsync(connection.Database, CancellationToken.None);

        var queue = await BusQueue.OpenAsync(connection, "KEPT", CancellationToken.None);
        (await queue.ReceiveAsync(1, CancellationToken.None)).ShouldHaveSingleItem().Body.ToString().ShouldBe("still here");
    }
}
