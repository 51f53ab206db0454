using System.Globalization;

namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>A cluster's folder, held by a lock that the operating system lifts when this process ends, however it ends.</summary>
internal sealed class ClusterFolder : IDisposable
{
    private const string ThrowAwayPrefix = "temp-";
    private const int MostInstances = 50;

    private readonly FileStream _lock;

    private ClusterFolder(string path, FileStream held, bool throwAway)
    {
        Path = path;
        _lock = held;
        ThrowAway = throwAway;
    }

    public string Path { get; }

    public bool ThrowAway { get; }

    public string Data => System.IO.Path.Combine(Path, "data");

    public string LogFile => System.IO.Path.Combine(Data, "server.log");

    /// <summary>The named cluster; a numbered neighbour when another run holds it.</summary>
    public static ClusterFolder OpenPersistent(string parent, string name, IProgress<string>? progress)
    {
        for (var number = 1; number <= MostInstances; number++)
        {
            var path = System.IO.Path.Combine(parent, number == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}.{number}"));
            if (TryLock(path) is not { } held)
                continue;
            if (number > 1)
                progress?.Report($"another run uses the cluster {name}: this one takes {System.IO.Path.GetFileName(path)}, with data of its own");
            return new ClusterFolder(StateFolder.Open(path), held, throwAway: false);
        }
        throw new LocalPostgresException($"{MostInstances} runs already use clusters in {parent}.");
    }

    public static ClusterFolder CreateThrowAway(string parent)
    {
        var path = System.IO.Path.Combine(parent, ThrowAwayPrefix + System.IO.Path.GetRandomFileName());
        var held = TryLock(path) ?? throw new LocalPostgresException($"{path} is in use.");
        return new ClusterFolder(StateFolder.Open(path), held, throwAway: true);
    }

    /// <summary>Throw-away clusters whose process was killed before it could delete them. The caller disposes each.</summary>
    public static IEnumerable<ClusterFolder> Abandoned(string parent)
    {
        foreach (var path in Directory.GetDirectories(parent, ThrowAwayPrefix + "*"))
        {
            if (TryLock(path) is { } held)
                yield return new ClusterFolder(path, held, throwAway: true);
        }
    }

    /// <summary>Lifts the lock; a throw-away cluster, whose server must have stopped, is deleted first.</summary>
    public void Dispose()
    {
        if (ThrowAway && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
        _lock.Dispose();
        if (ThrowAway)
            File.Delete(_lock.Name);
    }

    // The lock lies beside the folder and is taken before the folder is made, so a sweep never sees a folder that is being made as abandoned.
    private static FileStream? TryLock(string path)
    {
        try
        {
            return new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
