using Forge.Crm.Benchmarks;

var benchmarks = new Dictionary<string, Func<CancellationToken, Task>>
{
    ["plan"] = PlanBenchmark.RunAsync,
    ["intake"] = IntakeBenchmark.RunAsync,
    ["apply"] = ApplyBenchmark.RunAsync,
    ["bulk"] = BulkBenchmark.RunAsync,
    ["million"] = BulkBenchmark.RunMillionAsync,
    ["latency"] = LatencyBenchmark.RunAsync,
    ["everywhere"] = EverywhereBenchmark.RunAsync,
    ["quota"] = QuotaBenchmark.RunAsync,
    ["rules"] = RulesBenchmark.RunAsync,
    ["reports"] = ReportsBenchmark.RunAsync,
    ["reports-small"] = ReportsBenchmark.RunSmallAsync,
};

var asked = args.Length == 0 ? [.. benchmarks.Keys] : args;
if (asked.FirstOrDefault(name => !benchmarks.ContainsKey(name)) is { } unknown)
{
    await Console.Error.WriteLineAsync($"There is no benchmark '{unknown}'; there are: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};
foreach (var name in asked)
    await benchmarks[name](stop.Token);
return 0;
