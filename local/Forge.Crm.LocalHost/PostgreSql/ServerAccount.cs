using System.ComponentModel;
using System.Diagnostics;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>The operating system's user that initdb and the server run under: PostgreSQL refuses root.</summary>
/// <param name="Name">Null: the user that we are.</param>
/// <param name="Owner">What chown takes, "uid:gid".</param>
/// <param name="Launcher">The words in front of a command that make it run as this user.</param>
internal sealed record ServerAccount(string? Name, string Owner, IReadOnlyList<string> Launcher)
{
    public static readonly ServerAccount Ourselves = new(null, "", []);

    private static readonly string[] Unprivileged = ["postgres", "nobody"];

    /// <exception cref="LocalPostgresException">We are root and there is no other user to become.</exception>
    public static async Task<ServerAccount> ChooseAsync(CancellationToken ct)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return Ourselves;
        foreach (var account in Candidates(await File.ReadAllLinesAsync("/etc/passwd", ct)))
        {
            if (await account.WorksAsync(ct))
                return account;
        }
        throw new LocalPostgresException(
            "PostgreSQL does not run as root, and no command could be run as the user 'postgres' or 'nobody' (by setpriv, runuser or su). "
            + "Run this as an ordinary user, or give the connection string of a server that is running.");
    }

    /// <summary>Every way to become one of the unprivileged users that /etc/passwd lists, best first.</summary>
    public static IEnumerable<ServerAccount> Candidates(IEnumerable<string> passwd)
    {
        var users = passwd.Select(line => line.Split(':')).Where(parts => parts.Length >= 4).ToLookup(parts => parts[0]);
        return from name in Unprivileged
               from user in users[name].Take(1)
               from launcher in Launchers(name, uid: user[2], gid: user[3])
               select new ServerAccount(name, $"{user[2]}:{user[3]}", launcher);
    }

    /// <summary>A command as this user.</summary>
    public ProcessStartInfo Describe(string program, IEnumerable<string> arguments, string? workingFolder = null)
    {
        string[] words = [.. Launcher, program, .. arguments];
        return ChildProcess.Describe(words[0], words[1..], workingFolder);
    }

    /// <summary>Gives a file or a folder (not what is in it) to this user.</summary>
    public async Task OwnAsync(string path, CancellationToken ct)
    {
        if (Name is null)
            return;
        var result = await ChildProcess.RunAsync(ChildProcess.Describe("chown", [Owner, path]), ct);
        if (!result.Succeeded)
            throw new LocalPostgresException($"{path} could not be given to the user '{Name}': {result.Output}");
    }

    /// <summary>Whether this user can get into a folder: a folder below a private home is out of another user's reach.</summary>
    public async Task<bool> ReachesAsync(string folder, CancellationToken ct) =>
        Name is null || (await ChildProcess.RunAsync(Describe("test", ["-x", folder], "/"), ct)).Succeeded;

    private static string[][] Launchers(string name, string uid, string gid) =>
    [
        ["setpriv", "--reuid=" + uid, "--regid=" + gid, "--clear-groups", "--"],
        ["runuser", "-u", name, "--"],
        ["su", "-s", "/bin/sh", name, "-c", "exec \"$0\" \"$@\"", "--"],
    ];

    private async Task<bool> WorksAsync(CancellationToken ct)
    {
        try
        {
            var result = await ChildProcess.RunAsync(Describe("id", ["-u"], "/"), ct);
            return result.Succeeded && result.Output == Owner.Split(':')[0];
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
