using Forge.Crm.LocalHost.PostgreSql;

namespace Forge.Crm.Tests.PostgreSql;

/// <summary>A machine that has just the servers of a table.</summary>
internal static class FakeMachine
{
    /// <param name="system">.NET's runtime identifier.</param>
    /// <param name="servers">Each "folder version", for example "/usr/lib/postgresql/15/bin 15.18".</param>
    /// <param name="path">The variable PATH.</param>
    /// <param name="pgConfig">What <c>pg_config --bindir</c> prints; null when there is none.</param>
    public static Machine With(string system, string[] servers, string path, string? pgConfig)
    {
        var windows = system.StartsWith("win", StringComparison.Ordinal);
        var separator = windows ? '\\' : '/';
        var versions = servers.ToDictionary(Folder, server => server[(server.LastIndexOf(' ') + 1)..]);
        var files = versions.Keys
            .SelectMany(folder => new[] { "initdb", "pg_ctl", "postgres" }, (folder, program) => folder + separator + program + (windows ? ".exe" : ""))
            .ToHashSet();
        return new Machine(system, Variable, files.Contains, Subfolders, (program, arguments, _) => Task.FromResult(Output(program, arguments)));

        string? Variable(string name) => name switch { "PATH" => path, "ProgramFiles" => @"C:\Program Files", _ => null };

        IReadOnlyList<string> Subfolders(string parent) =>
            [.. versions.Keys.Where(folder => folder.StartsWith(parent + separator, StringComparison.Ordinal))
                .Select(folder => folder[(parent.Length + 1)..].Split(separator)[0])];

        string? Output(string program, string[] arguments) => (program, arguments[0]) switch
        {
            ("pg_config", "--bindir") => pgConfig,
            (_, "--version") => $"postgres (PostgreSQL) {versions[program[..program.LastIndexOf(separator)]]}",
            _ => null,
        };
    }

    private static string Folder(string server) => server[..server.LastIndexOf(' ')];
}
