using Forge.Crm.LocalAzure.Host;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure;

/// <summary>
/// The functions host of the local flavour, for programs that embed it: take it from the services of the built host. Without a genuine counterpart:
/// nothing that is deployed may use it.
/// </summary>
public sealed class LocalFunctionsHost : IHostedService, IAsyncDisposable
{
    // For functions that heed their token, once it is cancelled.
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(1);

    private readonly IServer server;
    private readonly QueueFunctions queues;
    private readonly Dictionary<string, TimerFunction> timers;
    private readonly DrainToken drain;
    private readonly TimeSpan drainTime;
    private readonly CancellationTokenSource stopping = new();
    private Task timerLoops = Task.CompletedTask;

    internal LocalFunctionsHost(IServiceProvider services, IReadOnlyList<FunctionMethod> functions, HostJson settings)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var scopes = services.GetRequiredService<IServiceScopeFactory>();
        var loggers = services.GetRequiredService<ILoggerFactory>();
        var clock = services.GetRequiredService<TimeProvider>();
        server = services.GetRequiredService<IServer>();
        drain = services.GetRequiredService<DrainToken>();
        var bus = BusSettings.Read(configuration);
        drainTime = bus.DrainTime;
        queues = new QueueFunctions(functions, settings, bus, configuration, scopes, drain, loggers);
        timers = functions.Where(function => function.Trigger is TimerTriggerAttribute).ToDictionary(
            function => function.Name,
            function => new TimerFunction(
                function, TimerSchedule.Parse(configuration.Resolve(((TimerTriggerAttribute)function.Trigger).Schedule)), scopes, clock, drain,
                loggers.CreateLogger($"Function.{function.Name}")),
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Where HTTP functions are called, once the host has started; with port 0 in <c>urls</c>, the port that it got.</summary>
    /// <exception cref="InvalidOperationException">The host has not started yet.</exception>
    public Uri Address => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() is { } address
        ? new Uri(address.Replace("://[::]", "://localhost", StringComparison.Ordinal).Replace("://0.0.0.0", "://localhost", StringComparison.Ordinal))
        : throw new InvalidOperationException("The host has no address before it has started.");

    /// <summary>The names of the timer functions.</summary>
    public IReadOnlyCollection<string> Timers => timers.Keys;

    /// <summary>
    /// Runs a timer function now, after the run of it that may be under way. Its schedule is not changed; its exception comes to the caller.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such timer function.</exception>
    public Task RunTimerAsync(string name, CancellationToken ct = default) => timers.TryGetValue(name, out var timer)
        ? timer.RunAsync(isPastDue: false, ct)
        : throw new ArgumentException($"There is no timer function '{name}'; there are {string.Join(", ", timers.Keys)}.", nameof(name));

    async Task IHostedService.StartAsync(CancellationToken cancellationToken)
    {
        await queues.StartAsync(cancellationToken);
        timerLoops = Task.WhenAll(timers.Values.Select(timer => timer.LoopAsync(stopping.Token)));
    }

    async Task IHostedService.StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        if (await StopRunningAsync(drainTime, cancellationToken))
            return;
        await drain.CancelAsync();
        await StopRunningAsync(LastMoment, cancellationToken);
    }

    private async Task<bool> StopRunningAsync(TimeSpan atMost, CancellationToken ct)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        enough.CancelAfter(atMost);
        var areQueuesDone = await queues.StopAsync(enough.Token);
        await timerLoops.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return areQueuesDone && timerLoops.IsCompleted;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await queues.DisposeAsync();
        stopping.Dispose();
    }
}
