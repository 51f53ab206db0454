using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Forge.Crm.LocalHost.Supabase;

/// <summary>What every request passes: faults, the key, one transaction with a time limit, errors, the ledger.</summary>
internal sealed class SupabaseServer(SupabaseSimulatorOptions options, NpgsqlDataSource database, SupabaseRequestLedger ledger)
{
    private const string Json = "application/json; charset=utf-8";

    public async Task AnswerAsync(HttpContext context)
    {
        var request = context.Request;
        var fault = options.Faults.Take(request.Method, request.Path);
        var answer = fault is { AfterWork: false } ? null : await WorkAsync(context);
        var status = fault is null ? answer!.Status : fault.DropConnection ? 0 : fault.Status;
        ledger.Add(new(options.Time.GetUtcNow(), request.Method, request.Path, request.QueryString.Value ?? "", request.Headers["Prefer"].ToString(), status));
        if (fault is { DropConnection: true })
        {
            context.Abort();
            return;
        }

        foreach (var (name, value) in fault?.Headers ?? answer!.Headers)
            context.Response.Headers[name] = value;
        var body = Encoding.UTF8.GetBytes(fault?.Body ?? answer!.Body);
        (context.Response.StatusCode, context.Response.ContentLength) = (status, body.Length);
        context.Response.ContentType = fault?.ContentType ?? answer!.ContentType;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private async Task<Answer> WorkAsync(HttpContext context)
    {
        try
        {
            Authorise(context.Request);
            return await RunAsync(context.Request, context.RequestAborted);
        }
        catch (SupabaseProblem problem)
        {
            return new(problem.Status, problem.Body().ToJsonString());
        }
        catch (PostgresException e)
        {
            var problem = SupabaseProblem.Of(e);
            return new(problem.Status, problem.Body().ToJsonString());
        }
    }

    private void Authorise(HttpRequest request)
    {
        var key = request.Headers["apikey"].ToString();
        if (key.Length == 0)
            throw new SupabaseProblem(401, null, "No API key found in request", hint: "No `apikey` request header or url param was found.");
        if (key != options.Key)
            throw new SupabaseProblem(401, null, "Invalid API key", hint: "Double check your Supabase `anon` or `service_role` API key.");
        var token = request.Headers.Authorization.ToString();
        if (options.Key.StartsWith("ey", StringComparison.Ordinal) ? token != $"Bearer {options.Key}" : token.Length > 0)
            throw new SupabaseProblem(401, "PGRST301", "Expected 3 parts in JWT; got 1");
    }

    private async Task<Answer> RunAsync(HttpRequest request, CancellationToken ct)
    {
        var schema = request.Headers[request.Method == "GET" ? "Accept-Profile" : "Content-Profile"].ToString() is { Length: > 0 } named ? named : options.Schemas[0];
        if (!options.Schemas.Contains(schema))
            throw new SupabaseProblem(406, "PGRST106", $"Invalid schema: {schema}", hint: $"Only the following schemas are exposed: {string.Join(", ", options.Schemas)}");
        await using var connection = await database.OpenConnectionAsync(ct);
        var columns = await SupabaseSchema.ReadAsync(connection, schema, ct);
        var path = request.Path.Value!["/rest/v1/".Length..];
        if (path.Length == 0)
            return new(200, SupabaseOpenApi.Of(columns).ToJsonString()) { ContentType = "application/openapi+json; charset=utf-8" };
        List<SupabaseColumn> own = [.. columns.Where(column => column.Table == path)];
        if (own.Count == 0)
            throw SupabaseProblem.NoTable(schema, path);
        var prefer = request.Headers["Prefer"].SelectMany(value => value!.Split(',', StringSplitOptions.TrimEntries)).ToHashSet();
        return await TableAsync(request, connection, () => new(schema, path, own, [.. request.Query], prefer, options.Faults.MaxRows), prefer, ct);
    }

    private async Task<Answer> TableAsync(
        HttpRequest request, NpgsqlConnection connection, Func<SupabaseStatement> statement, HashSet<string> prefer, CancellationToken ct)
    {
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var milliseconds = ((long)options.Faults.StatementTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        await using (var limit = new NpgsqlCommand($"set local statement_timeout = {milliseconds}", connection))
            await limit.ExecuteNonQueryAsync(ct);
        var one = statement();
        var sql = request.Method switch
        {
            "GET" => one.Read(),
            "POST" => one.Insert(await BodyAsync(request)),
            "PATCH" => one.Update(await BodyAsync(request)),
            "DELETE" => one.Delete(),
            _ => throw new SupabaseProblem(405, "PGRST117", $"Unsupported HTTP method: {request.Method}"),
        };
        var (count, rows) = await QueryAsync(connection, sql, one.Logic, ct);
        var total = await TotalAsync(connection, statement(), prefer, ct);
        await transaction.CommitAsync(ct);
        return Told(request.Method, prefer, count, rows, total);
    }

    private static Answer Told(string method, HashSet<string> prefer, long count, string rows, string total)
    {
        var isShown = method == "GET" || prefer.Contains("return=representation");
        var isPart = long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var all) && count < all;
        var status = method == "POST" ? 201 : !isShown ? 204 : isPart ? 206 : 200;
        var range = count == 0 ? "*" : string.Create(CultureInfo.InvariantCulture, $"0-{count - 1}");
        return new(status, isShown ? rows : "") { Headers = { ["Content-Range"] = $"{range}/{total}" } };
    }

    private async Task<string> TotalAsync(NpgsqlConnection connection, SupabaseStatement statement, HashSet<string> prefer, CancellationToken ct)
    {
        if (!prefer.Contains("count=exact") && !prefer.Contains("count=planned") && !prefer.Contains("count=estimated"))
            return "*";
        var sql = statement.Count();
        await using var exact = Command(connection, $"select count(*) from ({sql}) counted", statement.Logic);
        var count = (long)(await exact.ExecuteScalarAsync(ct))!;
        if (prefer.Contains("count=exact") || (prefer.Contains("count=estimated") && count <= options.Faults.MaxRows))
            return count.ToString(CultureInfo.InvariantCulture);
        await using var planned = Command(connection, $"explain (format json) {sql}", statement.Logic);
        var plan = JsonNode.Parse((string)(await planned.ExecuteScalarAsync(ct))!)!;
        return plan[0]!["Plan"]!["Plan Rows"]!.ToString();
    }

    private static async Task<(long, string)> QueryAsync(NpgsqlConnection connection, string sql, SupabaseLogic logic, CancellationToken ct)
    {
        await using var command = Command(connection, sql, logic);
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetString(1));
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, SupabaseLogic logic)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in logic.Values)
            command.Parameters.Add(value.Clone());
        return command;
    }

    private static async Task<JsonNode?> BodyAsync(HttpRequest request)
    {
        try
        {
            return await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
        }
        catch (JsonException)
        {
            throw new SupabaseProblem(400, "PGRST102", "Empty or invalid json");
        }
    }

    private sealed record Answer(int Status, string Body)
    {
        public string ContentType { get; init; } = Json;

        public Dictionary<string, string> Headers { get; } = [];
    }
}
