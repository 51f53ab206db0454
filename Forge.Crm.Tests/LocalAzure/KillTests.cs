using System.Diagnostics;
using Azure.Messaging.ServiceBus;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>A functions host in a process of its own, killed with SIGKILL in the middle of deliveries.</summary>
[Trait("Category", "Proof")]
public sealed class KillTests(BusFixture bus) : IClassFixture<BusFixture>
{
    internal const string WorkerRole = "kill-test-worker";
    private const int Sessions = 12;
    private const int PerSession = 25;

    [Fact]
    public async Task Killed_workers_lose_nothing_and_keep_each_sessions_order()
    {
        await bus.QueueAsync();
        await bus.ExecuteAsync("create table handled (place bigint generated always as identity, body text not null)");
        using (var worker = ChildProcess.Start(WorkerRole, bus.ConnectionString))
        {
            await UntilStartedAsync();
            await SendAllAsync();
            await KillAfterAsync(worker, 20);
        }
        foreach (var more in (int[])[60, 120])
            using (var worker = ChildProcess.Start(WorkerRole, bus.ConnectionString))
                await KillAfterAsync(worker, more);
        using (var last = ChildProcess.Start(WorkerRole, bus.ConnectionString))
        {
            await BusFixture.UntilAsync(async () => await bus.ScalarAsync<long>("select count(*) from local_bus.messages") == 0, "the rest");
            last.Kill();
        }

        (await bus.ScalarAsync<long>("select count(distinct body) from handled")).ShouldBe(Sessions * PerSession);
        // Handled again after a kill: yes. Handled before the one in front of it: never.
        (await bus.ScalarAsync<long>("""
            select count(*) from (
                select min(place) as place, lag(min(place)) over (partition by split_part(body, ' ', 1) order by body) as before
                  from handled group by body) ordered
             where place < before
            """)).ShouldBe(0);
    }

    internal static async Task RunWorkerAsync(string[] args)
    {
        var database = NpgsqlDataSource.Create(args[0]);
        using var host = TestHost.Build(
            typeof(Worker), builder => builder.Services.AddSingleton(database), "--ServiceBus", args[0], "--LocalBus:LockDuration", "00:00:01",
            "--LocalBus:MaxDeliveryCount", "100");
        await host.RunAsync();
    }

    private async Task UntilStartedAsync() => await BusFixture.UntilAsync(
        async () => await bus.ScalarAsync<long>("select count(*) from local_bus.queues where name = 'killed'") == 1, "the worker");

    private Task SendAllAsync() => bus.Client.CreateSender("killed").SendMessagesAsync(
        from number in Enumerable.Range(0, PerSession)
        from session in Enumerable.Range(0, Sessions)
        select new ServiceBusMessage($"s{session:00} {number:00}") { SessionId = $"s{session:00}" });

    private async Task KillAfterAsync(Process worker, int handled)
    {
        await BusFixture.UntilAsync(async () => await bus.ScalarAsync<long>("select count(*) from handled") >= handled, $"{handled} handled");
        worker.Kill();
        await worker.WaitForExitAsync();
    }

    public sealed class Worker(NpgsqlDataSource database)
    {
        [Function("Killed")]
        public async Task Run([ServiceBusTrigger("killed", Connection = "ServiceBus", IsSessionsEnabled = true)] ServiceBusReceivedMessage message)
        {
            await using var command = database.CreateCommand("insert into handled (body) values ($1)");
            command.Parameters.AddWithValue(message.Body.ToString());
            await command.ExecuteNonQueryAsync();
            await Task.Delay(10);
        }
    }
}
