using System.Globalization;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.LocalHost;

/// <summary>The verb <c>sync</c>: a sync job in this process, or its dry run with the plan in words.</summary>
internal static class SyncCommand
{
    private const string Usage = """
        sync TENANT PLATFORM [--mode MODE] [--kind KIND] [--dry-run]
          TENANT      its id, or the key that it was made of
          PLATFORM    hubspot, pipedrive or supabase_project
          --mode      initial, incremental, sweep or manual (default: a first load, and from then on what changed)
          --kind      contact, company, deal, activity or task (default: all that are synced)
          --dry-run   change nothing; show what would be done here and on the other platforms, and what it would cost
        Settings come from the environment as for the functions: Postgres__AppConnectionString, KeyVault__Uri or KeyVault__File, ...
        """;

    /// <param name="arguments">What follows the verb.</param>
    /// <returns>The exit code of the process: 0; 1 when it failed; 2 when the arguments make no sense.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, CancellationToken ct)
    {
        if (Parse(arguments) is not { } request)
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            var services = new ServiceCollection();
            services.AddLogging(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
            services.AddForgeCrm(new ConfigurationBuilder().AddEnvironmentVariables().Build());
            await using var provider = services.BuildServiceProvider();
            var result = await provider.GetRequiredService<ICrmSync>().SyncAsync(request, null, ct);
            await output.WriteLineAsync(request.IsDryRun
                ? await SyncPlanText.OfAsync(provider.GetRequiredService<SyncPlans>(), request, result, ct)
                : string.Create(CultureInfo.InvariantCulture, $"{result.Mode.ToName()}: {result.Created:N0} new, {result.Updated:N0} changed, {result.Deleted:N0} deleted, {result.Unchanged:N0} unchanged, {result.Failed:N0} failed"));
            foreach (var error in result.Errors)
                await output.WriteLineAsync($"  {error}");
            return 0;
        }
        catch (Exception e) when (e is NotConnectedException or MatchPlanException or SyncFailedException or CrmCallException or OptionsValidationException or Npgsql.NpgsqlException)
        {
            await output.WriteLineAsync(e.Message);
            return 1;
        }
    }

    private static SyncRequest? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count < 2 || TenantCommand.IdOf(arguments[0]) is not { } tenant || !Names.TryParse<Platform>(arguments[1], out var platform))
            return null;
        var request = new SyncRequest(tenant, platform) { RequestedBy = "sync command" };
        for (var i = 2; i < arguments.Count; i++)
        {
            var value = i + 1 < arguments.Count ? arguments[i + 1] : null;
            if (arguments[i] == "--dry-run")
                request = request with { IsDryRun = true };
            else if (arguments[i] == "--mode" && Names.TryParse<SyncMode>(value, out var mode) && mode != SyncMode.Match)
                (request, i) = (request with { Mode = mode }, i + 1);
            else if (arguments[i] == "--kind" && Names.TryParse<RecordKind>(value, out var kind))
                (request, i) = (request with { Kinds = [.. request.Kinds, kind] }, i + 1);
            else
                return null;
        }

        return request;
    }
}
