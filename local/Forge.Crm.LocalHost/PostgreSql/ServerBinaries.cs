namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>A PostgreSQL server's programs: the folder of initdb, pg_ctl and postgres, and for a person where it was found.</summary>
internal sealed record ServerBinaries(string Folder, Version Version, string FoundBy)
{
    public string PathOf(string program) => Path.Combine(Folder, OperatingSystem.IsWindows() ? program + ".exe" : program);
}
