namespace Forge.Crm.LocalHost;

/// <summary>A reason to stop, in words for whoever typed the command.</summary>
internal sealed class LocalHostException(string message) : Exception(message);

/// <summary>What was asked for on the command line.</summary>
/// <param name="Exit">Leave after the demonstration; the exit code says whether everything checked out.</param>
/// <param name="Reset">Forget what earlier runs kept.</param>
/// <param name="Push">Also write to a real account.</param>
internal sealed record Arguments(string? Verb, IReadOnlyList<string> Rest, bool Exit, bool Reset, bool Push)
{
    public const string SchemaVerb = "schema";

    private static readonly string[] Options = ["--exit", "--reset", "--push"];

    /// <returns>Null where a word is none that there is.</returns>
    public static Arguments? Parse(IReadOnlyList<string> args)
    {
        if (args.Count > 0 && args[0] == SchemaVerb)
            return new(SchemaVerb, [.. args.Skip(1)], false, false, false);
        return args.All(Options.Contains)
            ? new(null, [], args.Contains("--exit"), args.Contains("--reset"), args.Contains("--push"))
            : null;
    }

    public static int Refuse(IReadOnlyList<string> args)
    {
        Console.Error.WriteLine($"'{string.Join(' ', args.Where(word => !Options.Contains(word)))}' is not understood.");
        Console.Error.WriteLine("""
            dotnet run --project local/Forge.Crm.LocalHost [-- OPTIONS]
              --exit     leave after the demonstration; exit code 0 only if every count and value checked out
              --reset    start clean: drop the local database of the real account first (the demonstration always starts clean)
              --push     also write to the real account of HUBSPOT_API_KEY (not built yet: refused)
              schema     print the schema as idempotent SQL; "schema --counts" counts its tables, indexes, triggers, policies
            """);
        return 2;
    }
}
