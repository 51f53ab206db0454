using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>Some programs, a tenant each, played side by side in one host under one weather; then the promises are held against each.</summary>
internal sealed class LiveRound(SystemsHost host, Witness witness)
{
    private const int Cycles = 2;

    private static long _accounts = 7_000_000;

    private readonly LiveWeather _weather = new(host.HubSpot, host.Pipedrive);

    /// <returns>Of each program the promises that were broken.</returns>
    public async Task<IReadOnlyList<(SimulationProgram Program, string Violation)>> PlayAsync(IReadOnlyList<SimulationProgram> programs)
    {
        var tenants = new List<LiveTenant>();
        foreach (var program in programs)
            tenants.Add(new(host, await host.Hub.AddTenantAsync(), Interlocked.Increment(ref _accounts), witness, _weather, program));
        await Task.WhenAll(tenants.Select(tenant => tenant.ConnectAsync()));
        await host.RestAsync();
        await Task.WhenAll(tenants.Select(tenant => tenant.PlayAsync()));
        _weather.Clear();
        await host.RestAsync();
        await SweepAsync(tenants);
        var violations = new List<(SimulationProgram, string)>();
        foreach (var tenant in tenants)
            violations.AddRange((await LiveInvariants.CheckAsync(tenant, witness)).Select(violation => (tenant.Program, violation)));
        violations.AddRange(await QuietAsync(tenants));
        await host.Hub.ExecuteAsync($"update crm_sync_configs set enabled = false where tenant_id in ({string.Join(',', tenants.Select(tenant => $"'{tenant.Id}'"))})");
        return violations;
    }

    /// <summary>What was given up, because its record was not there and nobody had said why, a person tries again once the sweep has told.</summary>
    private async Task SweepAsync(List<LiveTenant> tenants)
    {
        await Task.WhenAll(tenants.Select(tenant => tenant.SweepAsync()));
        await host.RestAsync();
        await Task.WhenAll(tenants.Select(tenant => tenant.RedriveAsync()));
        await host.RestAsync();
    }

    /// <summary>(e): when people stop, writes stop.</summary>
    private async Task<List<(SimulationProgram, string)>> QuietAsync(List<LiveTenant> tenants)
    {
        var before = new Dictionary<LiveTenant, (IReadOnlyList<string> Writes, int Ours, string State)>();
        foreach (var tenant in tenants)
            before[tenant] = (tenant.Writes, witness.OursIn(tenant.Account), await tenant.StateAsync());
        for (var cycle = 0; cycle < Cycles; cycle++)
        {
            await Task.WhenAll(tenants.Select(tenant => tenant.SweepAsync()));
            await host.RestAsync();
        }

        var violations = new List<(SimulationProgram, string)>();
        foreach (var (tenant, (writes, ours, state)) in before)
        {
            // A sweep tries once more what is listed as refused: answered 207, and nothing of ours came of it.
            var more = tenant.Writes.Except(writes).Where(write => !write.EndsWith(" 207", StringComparison.Ordinal))
                .Concat((await tenant.StateAsync()).Split('\n').Except(state.Split('\n'))).Take(6).ToList();
            if (witness.OursIn(tenant.Account) - ours is > 0 and var changes)
                more.Add($"{changes} changes of ours");
            if (more.Count > 0)
                violations.Add((tenant.Program, $"(e) {Cycles} quiet cycles of account {tenant.Account}: {string.Join("\n    ", more)}"));
        }

        return violations;
    }
}
