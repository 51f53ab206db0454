namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>Which PostgreSQL a run uses, and where a server of its own keeps its files.</summary>
internal sealed record LocalPostgresOptions
{
    /// <summary>A server that is already there. It is used as it is and never stopped. Null: find or fetch one and start it.</summary>
    public string? ConnectionString { get; init; }

    /// <summary>Where clusters and fetched binaries live. Null: the repository's <c>.forge/</c>, else the user's application data.</summary>
    public string? RootFolder { get; init; }

    /// <summary>The persistent cluster's name; its folder also carries the server's major version, since data do not move between those.</summary>
    public string Instance { get; init; } = "local";

    /// <summary>A cluster with a folder of its own that is deleted on dispose; in memory where there is plenty and <see cref="RootFolder"/> is null.</summary>
    public bool ThrowAway { get; init; }

    /// <summary>False gives up safety against power loss for speed (fsync off, and nothing is vacuumed by itself): for tests only.</summary>
    public bool Durable { get; init; } = true;

    /// <summary>Listen on this port of 127.0.0.1, zero for a free one. Null: a Unix socket, or on Windows a free port.</summary>
    public int? Port { get; init; }

    public int MaxConnections { get; init; } = 200;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>One line for a person at every step that takes time or decides something.</summary>
    public IProgress<string>? Progress { get; init; }

    /// <summary>What the search for a server sees. Only tests set it.</summary>
    public Machine Machine { get; init; } = Machine.This;
}
