using System.Reflection;

namespace Forge.Crm.Domain;

/// <summary>Texts that come with the assembly.</summary>
internal static class Resources
{
    private const string Prefix = "Forge.Crm.Domain.";

    /// <param name="name">Its path below the project, with dots, e.g. <c>Rules.rule.schema.json</c>.</param>
    public static string Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Prefix + name)
            ?? throw new InvalidOperationException($"The assembly has no resource {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
