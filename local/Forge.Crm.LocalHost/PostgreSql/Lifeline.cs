using System.Diagnostics;
using System.Globalization;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>
/// Stops the server when this process ends without doing so, even by kill -9: a small shell waits for the end of a pipe that only this
/// process holds open. Not on Windows, where the next start finds the orphan.
/// </summary>
internal sealed class Lifeline : IAsyncDisposable
{
    // Ctrl-C goes to the whole foreground group, but the order of stopping is ours. The process id is compared because by the time the
    // pipe ends, a new run may already have a server of its own on the same data.
    private const string Script = """
        trap '' INT HUP TERM
        exec >/dev/null 2>&1
        read -r _
        read -r running < "$1/postmaster.pid" && [ "$running" = "$2" ] && exec "$0" stop -D "$1" -m fast -s
        """;

    private readonly Process _shell;

    private Lifeline(Process shell) => _shell = shell;

    public static Lifeline? Attach(ServerAccount account, string pgCtl, string data)
    {
        if (OperatingSystem.IsWindows() || Postmaster.ReadProcessId(data) is not { } id)
            return null;
        var start = account.Describe("/bin/sh", ["-c", Script, pgCtl, data, id.ToString(CultureInfo.InvariantCulture)], "/");
        return Process.Start(start) is { } shell ? new Lifeline(shell) : null;
    }

    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }
}
