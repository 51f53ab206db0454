namespace Forge.Crm.LocalHost;

/// <summary>A reason to stop, in words for whoever typed the command.</summary>
internal sealed class LocalHostException(string message) : Exception(message);

/// <summary>What was asked for on the command line.</summary>
/// <param name="Exit">Leave after the demonstration; the exit code says whether everything checked out.</param>
/// <param name="Reset">Forget what earlier runs kept.</param>
/// <param name="Push">Also write to a real account.</param>
/// <param name="Approved">The match plan by which it is written to for the first time; null where nobody has looked at one.</param>
internal sealed record Arguments(string? Verb, IReadOnlyList<string> Rest, bool Exit, bool Reset, bool Push, Guid? Approved = null)
{
    public const string SchemaVerb = "schema";
    public const string TenantVerb = "tenant";
    public const string SyncVerb = "sync";
    public const string HubSpotVerb = "hubspot-project";

    private static readonly string[] Verbs = [SchemaVerb, TenantVerb, SyncVerb, HubSpotVerb];

    private const string Approve = "--approve";

    private static readonly string[] Options = ["--exit", "--reset", "--push"];

    /// <returns>Null where a word is none that there is.</returns>
    public static Arguments? Parse(IReadOnlyList<string> args)
    {
        if (args.Count > 0 && Verbs.Contains(args[0]))
            return new(args[0], [.. args.Skip(1)], false, false, false);
        Guid? approved = null;
        var rest = args.ToList();
        if (rest.IndexOf(Approve) is >= 0 and var at)
        {
            // Approved is what was looked at, by whoever means to write.
            if (at + 1 >= rest.Count || !Guid.TryParseExact(rest[at + 1], "D", out var plan) || !rest.Contains("--push") || rest.Contains("--reset"))
                return null;
            approved = plan;
            rest.RemoveRange(at, 2);
        }

        return rest.All(Options.Contains)
            ? new(null, [], rest.Contains("--exit"), rest.Contains("--reset"), rest.Contains("--push"), approved)
            : null;
    }

    public static int Refuse(IReadOnlyList<string> args)
    {
        Console.Error.WriteLine($"'{string.Join(' ', args.Where(word => !Options.Contains(word)))}' is not understood.");
        Console.Error.WriteLine("""
            dotnet run --project local/Forge.Crm.LocalHost [-- OPTIONS]
              --exit     leave after the demonstration; exit code 0 only if every count and value checked out
              --reset    start clean: drop the local database of the real account first (the demonstration always starts clean)
              --push     also write to the real account of HUBSPOT_API_KEY: shows the match plan, what would be written where, and leaves;
                         with --approve PLAN it writes by that plan, and from then on --push alone says yes (without it, nothing is written)
              schema     print the schema as idempotent SQL; "schema --counts" counts its tables, indexes, triggers, policies
              tenant     make a tenant and its first administrator; "tenant" alone says how
              sync       sync a tenant's platform, or with --dry-run show what that would do; "sync" alone says how
              hubspot-project    write the HubSpot project's files, with a webhook subscription for every mapped property
            """);
        return 2;
    }
}
