using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>What the local host reads of host.json; the defaults are those of Functions (learn.microsoft.com, "host.json reference").</summary>
internal sealed record HostJson
{
    public string RoutePrefix { get; init; } = "api";

    /// <summary>More HTTP requests than this, running and waiting, are answered 429; -1 is no limit.</summary>
    public int MaxOutstandingRequests { get; init; } = -1;

    public int MaxConcurrentRequests { get; init; } = -1;

    public QueueSettings ServiceBus { get; init; } = new();

    /// <summary>Level by category, as the section <c>Logging</c> has them.</summary>
    public IReadOnlyDictionary<string, string?> LogLevels { get; init; } = new Dictionary<string, string?>();

    public static HostJson Read(string? path)
    {
        if (path is null)
            return new HostJson();
        var json = new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
        var http = json.GetSection("extensions:http");
        return new HostJson
        {
            RoutePrefix = http["routePrefix"] ?? "api",
            MaxOutstandingRequests = http.GetValue("maxOutstandingRequests", -1),
            MaxConcurrentRequests = http.GetValue("maxConcurrentRequests", -1),
            ServiceBus = json.GetSection("extensions:serviceBus").Get<QueueSettings>() ?? new QueueSettings(),
            LogLevels = json.GetSection("logging:logLevel").GetChildren().ToDictionary(level => $"Logging:LogLevel:{level.Key}", level => level.Value),
        };
    }
}

/// <summary>The section <c>extensions.serviceBus</c> of host.json.</summary>
internal sealed record QueueSettings
{
    public int PrefetchCount { get; init; }

    public bool AutoCompleteMessages { get; init; } = true;

    public TimeSpan MaxAutoLockRenewalDuration { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Messages at a time of one function, when its queue has no sessions.</summary>
    public int MaxConcurrentCalls { get; init; } = 16 * Environment.ProcessorCount;

    /// <summary>Sessions at a time of one function.</summary>
    public int MaxConcurrentSessions { get; init; } = 8;

    /// <summary>How long an empty session is kept. Functions' own default is the client's try timeout.</summary>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromMinutes(1);
}
