using Forge.Crm.Adapters;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Stack;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.LocalHost.Live;

/// <summary>
/// Lets a real account be written to, or sees to it that it is not. Nothing is written before a person has seen what the match plan would write where,
/// and has named that plan.
/// </summary>
internal sealed class LivePush(IServiceProvider services, TenantId tenant, TextWriter output)
{
    private const string Person = "live mode";
    private const string Read = "read";
    private const string BothWays = "two_way";
    private const Platform Account = Platform.HubSpot;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly MatchPlans _plans = services.GetRequiredService<MatchPlans>();
    private readonly MatchViews _views = services.GetRequiredService<MatchViews>();
    private readonly ConnectionViews _connections = services.GetRequiredService<ConnectionViews>();

    /// <summary>Before the functions start: what an earlier run allowed is no word about this one. Edits of the hub wait meanwhile.</summary>
    public static async Task HoldAsync(HubConnections hub, string secretsFile, TenantId tenant, CancellationToken ct)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { ["Postgres:AppConnectionString"] = hub.App, ["KeyVault:File"] = secretsFile }).Build();
        await using var provider = new ServiceCollection().AddLogging().AddForgeCrm(configuration).BuildServiceProvider();
        // A connection that waits for a new token cannot be paused, and would go on with it.
        if (await provider.GetRequiredService<CrmConnections>().PauseAsync(tenant, Account, Person, ct) == ConnectionChange.NotPossible)
            await new LivePush(provider, tenant, TextWriter.Null).SetAsync(Read, ct);
    }

    public async Task CloseAsync(CancellationToken ct)
    {
        await SetAsync(Read, ct);
        await ResumeAsync(ct);
    }

    /// <param name="account">As HubSpot calls it.</param>
    /// <param name="approved">The plan that the person has looked at; null where they have seen none.</param>
    /// <returns>Whether the account is written to from now on; else the plan was shown.</returns>
    public async Task<bool> OpenAsync(string account, Guid? approved, CancellationToken ct)
    {
        var plan = (await _views.FindAsync(tenant, Account, ct))!;
        if (plan.State is "approved" or "settled")
        {
            await output.WriteLineAsync($"  Writing to HubSpot account {account}, by the match plan that {plan.ApprovedBy} approved on {plan.ApprovedAt:yyyy-MM-dd}: what waits, and every edit of the hub from now on.");
            await SetAsync(BothWays, ct);
            await ResumeAsync(ct);
            return true;
        }

        await CloseAsync(ct);
        if ((await _connections.FindAsync(tenant, Account, ct))!.State == "live")
            throw new LocalHostException("This hub was loaded without a match plan, and a plan is made before the first load: start with --push --reset, or where the database is yours, with an empty one.");
        return plan.State == "ready" && plan.Plan == approved ? await ApproveAsync(account, plan, ct) : await ShowAsync(account, ct);
    }

    private async Task<bool> ShowAsync(string account, CancellationToken ct)
    {
        await output.WriteLineAsync("  Both sides are compared; nothing is written.");
        Check(await _plans.StartAsync(tenant, Account, Person, ct));
        var plan = (await _views.FindAsync(tenant, Account, ct))!;
        for (; plan.State != "ready"; plan = (await _views.FindAsync(tenant, Account, ct))!)
        {
            if (plan.Job is { State: "failed" or "cancelled" } job)
                throw new LocalHostException($"The match plan was not made: {job.Error ?? "its job was cancelled"}");
            await Task.Delay(Pause, ct);
        }

        await SayAsync(account, plan);
        await output.WriteLineAsync($"  Nothing was written. To approve exactly this plan, and to write: --push --approve {plan.Plan}");
        return false;
    }

    private async Task<bool> ApproveAsync(string account, MatchPlanView plan, CancellationToken ct)
    {
        await SayAsync(account, plan);
        // Until the plan is approved the gate is closed whatever the direction is.
        await SetAsync(BothWays, ct);
        var kinds = (await _connections.FindAsync(tenant, Account, ct))!.Kinds;
        var answer = await _plans.ApproveAsync(
            tenant, Account, plan.Plan!.Value, kinds.ToDictionary(Names.Parse<RecordKind>, _ => MatchChoice.CreateMissing), Person, ct);
        if (answer.State != MatchAnswerState.Done)
            await SetAsync(Read, ct);
        Check(answer);
        await output.WriteLineAsync("  Approved: it is written now, and every edit of the hub after it.");
        return true;
    }

    private async Task SayAsync(string account, MatchPlanView plan)
    {
        await output.WriteLineAsync($"  What would be written to HubSpot account {account}, and into the hub:");
        foreach (var (kind, counts) in plan.Kinds)
        {
            await output.WriteLineAsync(
                $"    {kind}: {counts.OnlyHere:N0} created in HubSpot, {counts.OnlyThere:N0} created in the hub, {counts.Matched:N0} pairs joined (of each field the later edit, on both sides), "
                + $"{counts.AmbiguousHere + counts.AmbiguousThere:N0} ambiguous ones left alone until somebody decides them");
        }

        var connection = (await _connections.FindAsync(tenant, Account, CancellationToken.None))!;
        await output.WriteLineAsync($"  Deletions go by the policy '{connection.DeletePolicy}'; more in an hour than the larger of 25 and 2 % of a kind are held.");
    }

    private async Task SetAsync(string direction, CancellationToken ct)
    {
        if (await _connections.FindAsync(tenant, Account, ct) is { } view && view.Direction != direction)
        {
            await services.GetRequiredService<ConnectionSettings>().SetAsync(
                tenant, Account, new(direction, view.Kinds, view.DeletePolicy, view.IntervalMinutes), Person, ct);
        }
    }

    private Task<ConnectionChange> ResumeAsync(CancellationToken ct) => services.GetRequiredService<CrmConnections>().ResumeAsync(tenant, Account, Person, ct);

    private static void Check(MatchAnswer answer)
    {
        if (answer.State != MatchAnswerState.Done)
            throw new LocalHostException(answer.Reason ?? "The account is not connected.");
    }
}
