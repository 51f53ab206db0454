namespace Forge.Crm.Tests.Architecture;

/// <summary>Files of the repository that are no part of a build: documentation, infrastructure.</summary>
internal static class RepositoryFiles
{
    public static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Forge.Crm.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        return folder.FullName;
    }

    /// <param name="path">From the root, with slashes.</param>
    public static string Read(string path) => File.ReadAllText(Path.Combine([Root(), .. path.Split('/')]));
}
