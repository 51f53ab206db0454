using System.Net.Http.Headers;
using System.Text;
using Npgsql;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>
/// Database webhooks as Supabase makes them: an after-row trigger puts the request into a table that a crash empties, and a worker sends it
/// once. What is refused, too slow or lost is never sent again.
/// </summary>
internal sealed class SupabaseWebhookQueue(NpgsqlDataSource database, SupabaseSimulatorOptions options) : IAsyncDisposable
{
    // supabase_functions.http_request and pg_net's queue, in what they come to.
    private const string Objects = """
        create schema if not exists net;
        create unlogged table if not exists net.http_request_queue (id bigserial primary key, url text not null, headers jsonb not null, body jsonb not null);
        create or replace function net.http_request() returns trigger language plpgsql security definer as $$
        begin
            insert into net.http_request_queue (url, headers, body) values (tg_argv[0], tg_argv[1]::jsonb, jsonb_build_object(
                'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema,
                'record', case when tg_op <> 'DELETE' then to_jsonb(new) end, 'old_record', case when tg_op <> 'INSERT' then to_jsonb(old) end));
            return null;
        end
        $$;
        """;

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly Random random = new(options.Seed);
    private readonly CancellationTokenSource stopping = new();
    private Task worker = Task.CompletedTask;

    // Set before a request leaves the queue, so that whoever finds the queue empty sees it.
    private volatile bool busy;

    public int Sent { get; private set; }

    public int Refused { get; private set; }

    public int Dropped { get; private set; }

    /// <summary>Adds a webhook to a table, as the dashboard does.</summary>
    public async Task AddAsync(string table, Uri url, string secretHeader, string secret, CancellationToken ct)
    {
        var headers = $$"""{"Content-Type":"application/json","{{secretHeader}}":"{{secret}}"}""";
        await using var command = database.CreateCommand(
            $"create trigger {table}_webhook after insert or update or delete on {table} for each row execute function net.http_request('{url}', '{headers}')");
        await command.ExecuteNonQueryAsync(ct);
    }

    public async Task StartAsync(CancellationToken ct)
    {
        await using (var command = database.CreateCommand(Objects))
            await command.ExecuteNonQueryAsync(ct);
        worker = Task.Run(() => RunAsync(stopping.Token), CancellationToken.None);
    }

    /// <summary>Completes when every request of a committed edit was sent, or lost.</summary>
    public async Task IdleAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand("select exists (select from net.http_request_queue)");
        while (busy || (bool)(await command.ExecuteScalarAsync(ct))! || busy)
            await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await worker;
        stopping.Dispose();
        http.Dispose();
    }

    private async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                busy = true;
                while (await NextAsync(ct) is { } request)
                    await SendAsync(request, ct);
                busy = false;
                await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What was not sent by now never will be.
        }
    }

    private async Task<(string Url, string Headers, string Body)?> NextAsync(CancellationToken ct)
    {
        await using var command = database.CreateCommand(
            "delete from net.http_request_queue where id = (select min(id) from net.http_request_queue) returning url, headers::text, body::text");
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? (reader.GetString(0), reader.GetString(1), reader.GetString(2)) : null;
    }

    private async Task SendAsync((string Url, string Headers, string Body) request, CancellationToken ct)
    {
        if (random.NextDouble() < options.Webhooks.Drops)
        {
            Dropped++;
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(options.Webhooks.Timeout);
        using var message = new HttpRequestMessage(HttpMethod.Post, request.Url) { Content = new StringContent(request.Body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        foreach (var header in System.Text.Json.Nodes.JsonNode.Parse(request.Headers)!.AsObject().Where(header => header.Key != "Content-Type"))
            message.Headers.TryAddWithoutValidation(header.Key, header.Value!.ToString());
        try
        {
            using var response = await http.SendAsync(message, limit.Token);
            (Sent, Refused) = response.IsSuccessStatusCode ? (Sent + 1, Refused) : (Sent, Refused + 1);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            Dropped++;
        }
    }
}
