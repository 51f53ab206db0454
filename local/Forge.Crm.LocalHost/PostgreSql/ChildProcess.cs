using System.Diagnostics;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>How a finished program ended, and all that it printed.</summary>
internal sealed record ProcessResult(int ExitCode, string Output)
{
    public bool Succeeded => ExitCode == 0;
}

internal static class ChildProcess
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan OutputLimit = TimeSpan.FromSeconds(1);

    /// <summary>A program's start without a shell, in English, and free of the caller's own PG* settings.</summary>
    public static ProcessStartInfo Describe(string program, IEnumerable<string> arguments, string? workingFolder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingFolder ?? "",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Runs a program to its end; it is killed when <paramref name="ct"/> or five minutes run out first.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static async Task<ProcessResult> RunAsync(ProcessStartInfo start, CancellationToken ct)
    {
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start");
        process.StandardInput.Close();
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(ct), process.StandardError.ReadToEndAsync(ct));
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limited.CancelAfter(Limit);
        try
        {
            await process.WaitForExitAsync(limited.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
        return new ProcessResult(process.ExitCode, await TextOfAsync(output));
    }

    // On Windows a server that pg_ctl started inherits our pipes, so their end does not come when pg_ctl ends.
    private static async Task<string> TextOfAsync(Task<string[]> output)
    {
        try
        {
            return string.Concat(await output.WaitAsync(OutputLimit)).Trim();
        }
        catch (TimeoutException)
        {
            return "";
        }
    }
}
