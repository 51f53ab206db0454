using System.Diagnostics;
using System.Globalization;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>What <c>postmaster.pid</c> in a data folder says, held against the processes there are.</summary>
internal static class Postmaster
{
    private static string FileIn(string data) => Path.Combine(data, "postmaster.pid");

    /// <summary>The process named in the file; null when there is no file (or one just being written).</summary>
    public static int? ReadProcessId(string data)
    {
        try
        {
            var first = File.ReadLines(FileIn(data)).FirstOrDefault();
            return int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Whether a server is running on this data folder.</summary>
    public static bool IsRunning(string data) => ReadProcessId(data) is { } id && IsServer(id, data);

    /// <summary>
    /// Removes a file that a killed server left when its process id has since gone to some other program: pg_ctl would signal that
    /// program, and the server would refuse to start. (A file whose process id is free is the server's own to recover from.)
    /// </summary>
    /// <returns>Whether there was such a file.</returns>
    public static bool RemoveMisleading(string data)
    {
        if (ReadProcessId(data) is not { } id || !Exists(id) || IsServer(id, data))
            return false;
        File.Delete(FileIn(data));
        return true;
    }

    // A postmaster's current folder is its data folder; where the system does not tell that, the program's name must do.
    private static bool IsServer(int id, string data)
    {
        if (OperatingSystem.IsLinux())
            return new DirectoryInfo($"/proc/{id}/cwd").LinkTarget is { } folder && folder == Path.GetFullPath(data);
        return NameOf(id)?.StartsWith("postgres", StringComparison.Ordinal) == true;
    }

    private static bool Exists(int id) => NameOf(id) is not null;

    private static string? NameOf(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return process.ProcessName;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
