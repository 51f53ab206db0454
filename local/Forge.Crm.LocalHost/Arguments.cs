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
    public const string TenantVerb = "tenant";
    public const string SyncVerb = "sync";
    public const string HubSpotVerb = "hubspot-project";

    private static readonly string[] Verbs = [SchemaVerb, TenantVerb, SyncVerb, HubSpotVerb];

    private static readonly string[] Options = ["--exit", "--reset", "--push"];

    /// <returns>Null where a word is none that there is.</returns>
    public static Arguments? Parse(IReadOnlyList<string> args)
    {
        if (args.Count > 0 && Verbs.Contains(args[0]))
            return new(args[0], [.. args.Skip(1)], false, false, false);
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
              tenant     make a tenant and its first administrator; "tenant" alone says how
              sync       sync a tenant's platform, or with --dry-run show what that would do; "sync" alone says how
              hubspot-project    write the HubSpot project's files, with a webhook subscription for every mapped property
            """);
        return 2;
    }
}
