using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalHost.Stack;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Forge.Crm.Benchmarks;

/// <summary>
/// Signed webhooks of one event each, answered when journaled. Floor: bare Kestrel, the same HMAC, one insert into the journal and one into
/// the bus, each in its own transaction. Both serve the same load generator on the same machine, in turn, three times; medians.
/// </summary>
internal static class IntakeBenchmark
{
    private const long Portal = 9_000_001;
    private const string Secret = "benchmark-client-secret-0123456789";
    private const string FloorQueue = "bench-intake-floor"; // which no function reads
    private const int Rounds = 3;
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(6);
    private static long _eventId;

    public static async Task RunAsync(CancellationToken ct)
    {
        Console.WriteLine("Webhook intake, journal committed (one event a request)");
        await using var hub = await BenchTenant.HubAsync(ct);
        var tenant = await BenchTenant.AddAsync(hub, ct);
        await BenchTenant.ConnectAsync(hub, tenant, Portal, ct);
        // Nothing is applied meanwhile: this measures intake.
        await BenchTenant.ExecuteAsync(hub, "update crm_sync_configs set state = 'paused'", ct);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, BenchTenant.SecretsFile(), new Dictionary<string, string?>
        {
            ["HubSpot:ClientSecret"] = Secret,
            ["Forge:IntakeEventsPerSecond"] = "1000000",
            ["Forge:IntakeBurst"] = "10000000",
        }, ct);
        await using var floor = await FloorAsync(hub, tenant.Value, ct);
        var ours = new Uri(functions.Address, "webhooks/hubspot");
        var theirs = new Uri(floor.Urls.First() + "/webhooks/hubspot");
        foreach (var connections in new[] { 16, 64 })
            await CompareAsync(hub, ours, theirs, connections, ct);
    }

    private static async Task CompareAsync(LocalHub hub, Uri ours, Uri theirs, int connections, CancellationToken ct)
    {
        var (mine, floors) = (new List<Load>(), new List<Load>());
        for (var round = 0; round <= Rounds; round++)
        {
            var pair = (await LoadAsync(ours, connections, ct), await LoadAsync(theirs, connections, ct));
            if (round == 0)
                continue; // warm-up
            mine.Add(pair.Item1);
            floors.Add(pair.Item2);
        }

        await BenchTenant.ExecuteAsync(hub, "truncate crm_webhook_events", ct);
        var (us, them) = (Median(mine), Median(floors));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {connections,3} connections: {us.PerSecond,6:N0}/s, p99 {us.P99,5:0.0} ms, failed {us.Failed} | floor {them.PerSecond,6:N0}/s, p99 {them.P99,5:0.0} ms | {us.PerSecond / them.PerSecond:0.00} of the floor"));
    }

    private static Load Median(List<Load> loads) => loads.OrderBy(load => load.PerSecond).ElementAt(loads.Count / 2);

    private static async Task<Load> LoadAsync(Uri target, int connections, CancellationToken ct)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { MaxConnectionsPerServer = connections });
        var times = new ConcurrentBag<double>();
        var failed = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < Round)
            {
                using var request = Request(target);
                var sent = Stopwatch.GetTimestamp();
                using var answer = await http.SendAsync(request, ct);
                times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                if (!answer.IsSuccessStatusCode)
                    Interlocked.Increment(ref failed);
            }
        }, ct)));
        var sorted = times.Order().ToArray();
        return new(sorted.Length / Stopwatch.GetElapsedTime(started).TotalSeconds, sorted[(int)(sorted.Length * 0.99)], failed);
    }

    private static HttpRequestMessage Request(Uri target)
    {
        var id = Interlocked.Increment(ref _eventId).ToString(CultureInfo.InvariantCulture);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var body = $$"""[{"eventId":{{id}},"subscriptionId":1,"portalId":{{Portal}},"appId":1,"occurredAt":{{now}},"subscriptionType":"contact.propertyChange","attemptNumber":0,"objectId":{{id}},"propertyName":"jobtitle","propertyValue":"CTO","changeSource":"CRM_UI"}]""";
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes("POST" + target + body + now)));
        return new(HttpMethod.Post, target)
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
            Headers = { { "X-HubSpot-Signature-v3", signature }, { "X-HubSpot-Request-Timestamp", now } },
        };
    }

    private static async Task<WebApplication> FloorAsync(LocalHub hub, Guid tenant, CancellationToken ct)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var database = BenchTenant.App(hub);
        var sender = new ServiceBusClient(hub.OwnerConnectionString).CreateSender(FloorQueue);
        await Forge.Crm.LocalAzure.LocalBus.DeclareQueueAsync(hub.OwnerConnectionString, FloorQueue, requiresSession: true, ct);
        var address = "";
        app.MapPost("/webhooks/hubspot", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            var signed = Encoding.UTF8.GetBytes("POST" + address + "/webhooks/hubspot" + Encoding.UTF8.GetString(body.ToArray()) + context.Request.Headers["X-HubSpot-Request-Timestamp"]);
            var expected = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed));
            if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(expected), Encoding.ASCII.GetBytes(context.Request.Headers["X-HubSpot-Signature-v3"].ToString())))
                return Results.Unauthorized();
            await using (var connection = await database.OpenConnectionAsync(context.RequestAborted))
            {
                await using var batch = new NpgsqlBatch(connection)
                {
                    BatchCommands =
                    {
                        new("select set_config('app.tenant_id', $1, true)") { Parameters = { new() { Value = tenant.ToString() } } },
                        new("insert into crm_webhook_events (tenant_id, platform, event_key, raw, change, occurred_at, remote_kind, external_id) values ($1, 'hubspot', $2, $3, 'changed', now(), 'contact', '1')")
                        {
                            Parameters = { new() { Value = tenant }, new() { Value = Guid.NewGuid().ToString() }, new() { Value = body.ToArray() } },
                        },
                    },
                };
                await batch.ExecuteNonQueryAsync(context.RequestAborted);
            }

            await sender.SendMessageAsync(new ServiceBusMessage("{\"tenant\":1}") { SessionId = "bench" }, context.RequestAborted);
            return Results.Accepted();
        });
        await app.StartAsync(ct);
        address = app.Urls.First();
        return app;
    }

    private sealed record Load(double PerSecond, double P99, int Failed);
}
