namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>Where clusters and fetched binaries live.</summary>
internal static class StateFolder
{
    private const string Solution = "Forge.Crm.sln";
    private const long PlentyOfMemory = 20L << 30; // the tests' databases come to seven, and two runs may be under way

    /// <summary>The configured folder, else the repository's ignored <c>.forge/</c>, else the user's application data.</summary>
    public static string Default(string startFolder)
    {
        for (var folder = new DirectoryInfo(startFolder); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Solution)))
                return Path.Combine(folder.FullName, ".forge");
        }
        var data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create);
        return Path.Combine(data, "forge-crm");
    }

    /// <summary>The folder to use: the wanted one, or one below the temporary folder when the server's user cannot reach that.</summary>
    public static async Task<string> ChooseAsync(LocalPostgresOptions options, ServerAccount account, CancellationToken ct)
    {
        var wanted = Open(Path.GetFullPath(options.RootFolder ?? Default(AppContext.BaseDirectory)));
        if (await account.ReachesAsync(wanted, ct))
            return wanted;
        var instead = Open(Path.Combine(Path.GetTempPath(), "forge-crm"));
        if (!await account.ReachesAsync(instead, ct))
            throw new LocalPostgresException($"The user '{account.Name}', which PostgreSQL runs as, can reach neither {wanted} nor {instead}.");
        options.Progress?.Report($"{wanted} is out of reach for the user '{account.Name}', which PostgreSQL runs as: using {instead}");
        return instead;
    }

    /// <summary>
    /// Where throw-away clusters live if this machine has plenty of memory: hundreds of databases of hundreds of small files each take a disk a
    /// minute and a half to delete. Null where it has not. What is in use at the moment does not count: what a killed run left is deleted there first.
    /// </summary>
    public static string? InMemory()
    {
        if (!OperatingSystem.IsLinux() || new DriveInfo("/dev/shm") is not { IsReady: true, DriveFormat: "tmpfs" } shared)
            return null;
        var hasPlenty = Math.Min(shared.TotalSize, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes) >= PlentyOfMemory;
        return hasPlenty ? Open(Path.Combine(shared.Name, "forge-crm-" + Environment.UserName)) : null;
    }

    /// <summary>Makes a folder that others may enter but not write to, whatever the umask is.</summary>
    public static string Open(string folder)
    {
        if (Directory.Exists(folder))
            return folder;
        Directory.CreateDirectory(folder);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
        return folder;
    }
}
