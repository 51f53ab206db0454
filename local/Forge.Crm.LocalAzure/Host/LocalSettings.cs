using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Memory;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>
/// The <c>Values</c> and <c>ConnectionStrings</c> of local.settings.json as configuration. Core Tools make environment variables of them that never replace one
/// that is set; so they stand just below the environment here.
/// </summary>
internal static class LocalSettings
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static void AddTo(ConfigurationManager configuration, string? path)
    {
        if (path is null)
            return;
        var sources = ((IConfigurationBuilder)configuration).Sources;
        var environment = sources.ToList().FindIndex(source => source is EnvironmentVariablesConfigurationSource { Prefix: null or "" });
        sources.Insert(environment < 0 ? 0 : environment, new MemoryConfigurationSource { InitialData = Read(path) });
    }

    private static Dictionary<string, string?> Read(string path)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(path), Lenient);
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        Copy(json.RootElement, "Values", "", settings);
        Copy(json.RootElement, "ConnectionStrings", "ConnectionStrings:", settings);
        return settings;
    }

    private static void Copy(JsonElement root, string section, string prefix, Dictionary<string, string?> settings)
    {
        if (!root.TryGetProperty(section, out var values))
            return;
        foreach (var value in values.EnumerateObject())
            settings[prefix + value.Name.Replace("__", ":", StringComparison.Ordinal)] = value.Value.ToString();
    }
}
