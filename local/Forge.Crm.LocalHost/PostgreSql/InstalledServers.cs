namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>Finds the server that is installed on this machine. The PATH decides first, then the usual places, newest version first.</summary>
internal sealed class InstalledServers(Machine machine)
{
    private static readonly string[] Programs = ["initdb", "pg_ctl", "postgres"];

    // Parent folder, how its versioned subfolders begin, the binaries below each.
    private static readonly (string Name, string Parent, string Prefix, string Below)[] UsualPlaces =
    [
        ("Debian", "/usr/lib/postgresql", "", "bin"),
        ("Homebrew", "/opt/homebrew/opt", "postgresql@", "bin"),
        ("Homebrew", "/usr/local/opt", "postgresql@", "bin"),
        ("Windows", @"%ProgramFiles%\PostgreSQL", "", "bin"),
    ];

    private readonly List<string> _skipped = [];

    /// <summary>One reason a place that was looked at and refused.</summary>
    public IReadOnlyList<string> Skipped => _skipped;

    /// <returns>Null when no supported server is installed; <see cref="Skipped"/> then says what was.</returns>
    public async Task<ServerBinaries?> FindAsync(CancellationToken ct)
    {
        foreach (var (name, folder) in await CandidatesAsync(ct))
        {
            if (Programs.FirstOrDefault(program => !machine.HasFile(Join(folder, Executable(program)))) is { } missing)
                _skipped.Add($"{folder} ({name}): has no {missing}");
            else if (await VersionInAsync(folder, ct) is not { } version)
                _skipped.Add($"{folder} ({name}): its postgres does not run");
            else if (!SupportedVersions.Accepts(version))
                _skipped.Add($"{folder} ({name}): version {version} is not one of {SupportedVersions.Range}");
            else
                return new ServerBinaries(folder, version, name);
        }
        if (_skipped.Count == 0)
            _skipped.Add("no installed server: not on the PATH, nor in the usual places of Debian, Homebrew and Windows");
        return null;
    }

    private async Task<Version?> VersionInAsync(string folder, CancellationToken ct) =>
        SupportedVersions.Parse(await machine.OutputOf(Join(folder, Executable("postgres")), ["--version"], ct));

    private async Task<IEnumerable<(string Name, string Folder)>> CandidatesAsync(CancellationToken ct)
    {
        var onPath = machine.PathFolders.Where(folder => machine.HasFile(Join(folder, Executable("initdb"))));
        var configured = await machine.OutputOf("pg_config", ["--bindir"], ct);
        return new[] { configured?.Trim() ?? "" }.Where(folder => folder.Length > 0)
            .Concat(onPath).Select(folder => ("PATH", folder))
            .Concat(UsualPlaces.SelectMany(place => Versions(place.Parent, place.Prefix, place.Below).Select(folder => (place.Name, folder))))
            .DistinctBy(candidate => candidate.Item2);
    }

    private IEnumerable<string> Versions(string parent, string prefix, string below)
    {
        if (parent.StartsWith('%') != machine.IsWindows)
            return [];
        var root = parent.Replace("%ProgramFiles%", machine.Variable("ProgramFiles") ?? "", StringComparison.Ordinal);
        return machine.Subfolders(root)
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && int.TryParse(name[prefix.Length..], out _))
            .OrderByDescending(name => int.Parse(name[prefix.Length..], System.Globalization.CultureInfo.InvariantCulture))
            .Select(name => Join(Join(root, name), below));
    }

    // Not Path.Combine: the table of another system must be testable on this one.
    private string Join(string folder, string name) => folder.TrimEnd('/', '\\') + (machine.IsWindows ? '\\' : '/') + name;

    private string Executable(string program) => machine.IsWindows ? program + ".exe" : program;
}
