namespace Forge.Crm.LocalAzure.Host;

/// <summary>host.json and local.settings.json: in the content root, else beside the program.</summary>
internal static class ProjectFile
{
    public static string? Find(string name, string contentRoot) =>
        new[] { contentRoot, AppContext.BaseDirectory }.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
