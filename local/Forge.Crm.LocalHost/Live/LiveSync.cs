using System.Globalization;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.PostgreSql;
using Forge.Crm.LocalHost.Stack;
using Spectre.Console;

namespace Forge.Crm.LocalHost.Live;

/// <summary>
/// A real HubSpot account into a hub of yours: first load, then what changed, asked for again and again, since webhooks cannot reach a
/// laptop. Read-only, unless <c>--push</c> names a match plan that was looked at: see <see cref="LivePush"/>.
/// </summary>
internal static class LiveSync
{
    private static readonly TenantId Tenant = new(Guid.Parse("c0000000-0000-4000-8000-000000000003"));
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public static async Task<int> RunAsync(LiveSettings settings, Arguments arguments, CancellationToken ct)
    {
        AnsiConsole.MarkupLine($"[bold]Forge CRM Sync[/] with your HubSpot account, {(arguments.Push ? "to write to it too" : "read-only")}.\n");
        var secrets = Path.Combine(StateFolder.Default(AppContext.BaseDirectory), "live-secrets.json");
        await using var hub = await LocalHub.StartAsync(settings.Postgres, settings.Postgres is null ? "forge_live" : null, arguments.Reset, new Quiet(), ct);
        await LivePush.HoldAsync(hub.Connections, secrets, Tenant, ct);
        await using var functions = await LocalFunctions.StartAsync(hub.Connections, secrets, new Dictionary<string, string?>(), ct);
        var account = await ConnectAsync(functions.Sync, settings, ct);
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [green]✓[/] {hub.Server}; HubSpot account {account.AccountId}");
        var push = new LivePush(functions.Services, Tenant, Console.Out);
        if (!arguments.Push)
            await push.CloseAsync(ct);
        else if (!await push.OpenAsync(account.AccountId, arguments.Approved, ct))
            return 0;
        ShowPublicAddress(functions, account);

        await SyncAsync(functions.Sync, ct);
        await ShowInSupabaseAsync(settings, ct);
        if (arguments.Push)
            await ShowPushesAsync(hub, arguments.Exit, ct);
        while (!arguments.Exit)
        {
            await Task.Delay(Pause, ct);
            await SyncAsync(functions.Sync, ct);
            if (arguments.Push)
                await ShowPushesAsync(hub, untilWritten: false, ct);
        }

        return 0;
    }

    /// <param name="untilWritten">Whoever leaves afterwards waits for what is under way, but not for ever.</param>
    private static async Task ShowPushesAsync(LocalHub hub, bool untilWritten, CancellationToken ct)
    {
        for (var until = TimeProvider.System.GetUtcNow() + LongestWait; ; await Task.Delay(TimeSpan.FromSeconds(1), ct))
        {
            await using var command = hub.Owner.CreateCommand("""
                select count(*) filter (where status = 'pending'), count(*) filter (where status = 'failed') from crm_outbox where tenant_id = $1 and platform = 'hubspot'
                """);
            command.Parameters.AddWithValue(Tenant.Value);
            await using var row = await command.ExecuteReaderAsync(ct);
            await row.ReadAsync(ct);
            var (waiting, refused) = (row.GetInt64(0), row.GetInt64(1));
            if (untilWritten && waiting > 0 && TimeProvider.System.GetUtcNow() < until)
                continue;
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"            to HubSpot: {waiting:N0} wait, {refused:N0} were refused (GET /api/v1/push-errors says why)");
            return;
        }
    }

    private static async Task<CrmConnection> ConnectAsync(ICrmSync sync, LiveSettings settings, CancellationToken ct)
    {
        try
        {
            return await sync.ConnectAsync(Tenant, Platform.HubSpot, CrmCredentials.PrivateApp(settings.Token), ct);
        }
        catch (CrmConnectException e)
        {
            throw new LocalHostException($"{e.Message}\nHUBSPOT_API_KEY is a private app's access token with the scopes crm.objects.{{contacts,companies,deals}}.read and crm.objects.owners.read; for --push also .write, and crm.schemas.{{contacts,companies,deals}}.write.");
        }
    }

    private static async Task SyncAsync(ICrmSync sync, CancellationToken ct)
    {
        SyncResult? result = null;
        await AnsiConsole.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new RateColumn(), new RemainingTimeColumn())
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask("HubSpot");
                result = await sync.SyncAsync(new(Tenant, Platform.HubSpot), new Shown(bar), ct);
            });
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"  {TimeProvider.System.GetLocalNow():HH:mm:ss}  {result!.Mode.ToString().ToLowerInvariant()}: {result.Created:N0} new, {result.Updated:N0} changed, {result.Deleted:N0} deleted, {result.Unchanged:N0} unchanged, {result.Failed:N0} failed");
        foreach (var error in result.Errors)
            AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"            [red]{error}[/]");
    }

    private static void ShowPublicAddress(LocalFunctions functions, CrmConnection account) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"""
          HubSpot is asked for changes every {Pause.TotalSeconds} seconds. For webhooks, put a public https address in front of {functions.Address}
          with a tunnel of your choice, start again with Forge__PublicBaseUrl=https://<that address> and HubSpot__ClientSecret=<the app's client
          secret>, and give HubSpot the target https://<that address>/webhooks/hubspot/{account.PathKey}

        """);

    /// <summary>What the project's own REST interface shows of the hub: the rows are really there.</summary>
    private static async Task ShowInSupabaseAsync(LiveSettings settings, CancellationToken ct)
    {
        if (settings is not { SupabaseUrl: { } url, SupabaseKey: { Length: > 0 } key })
            return;
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri(url, $"/rest/v1/crm_contacts?tenant_id=eq.{Tenant}"));
        request.Headers.Add("apikey", key);
        request.Headers.Add("Authorization", $"Bearer {key}");
        request.Headers.Add("Prefer", "count=exact");
        using var answer = await http.SendAsync(request, ct);
        var count = answer.Content.Headers.ContentRange?.Length;
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  {url.Host} shows {count?.ToString("N0", CultureInfo.InvariantCulture) ?? $"no count ({(int)answer.StatusCode})"} contacts");
    }

    private sealed class Shown(ProgressTask bar) : IProgress<SyncProgress>
    {
        public void Report(SyncProgress value) => RateColumn.Show(bar, value);
    }

    private sealed class Quiet : IProgress<string>
    {
        public void Report(string value) => AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"  [grey]{value}[/]");
    }
}
