using System.Diagnostics;
using Forge.Crm.Tests.Notices;
using Forge.Crm.Tests.Push;
using Forge.Crm.Tests.Sync;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>This assembly as a process of its own, for tests that kill one. <c>dotnet test</c> does not come through here.</summary>
internal static class ChildProcess
{
    private static readonly Dictionary<string, Func<string[], Task>> Roles = new()
    {
        [KillTests.WorkerRole] = KillTests.RunWorkerAsync,
        [PushKillTests.WorkerRole] = PushKillTests.RunWorkerAsync,
        [NoticeKillTests.WorkerRole] = NoticeKillTests.RunWorkerAsync,
        [ImportKillTests.WorkerRole] = ImportKillTests.RunWorkerAsync,
    };

    public static async Task<int> Main(string[] args)
    {
        if (args.Length == 0 || !Roles.TryGetValue(args[0], out var role))
            return 1;
        await role(args[1..]);
        return 0;
    }

    public static Process Start(string role, params string[] args) =>
        Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(ChildProcess).Assembly.Location, role, .. args]) { RedirectStandardOutput = true })!;
}
