using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.LocalHost;

/// <summary>
/// The verb <c>tenant</c>: makes a tenant and its first administrator; where it is not told the users' database, it says what makes them one. The
/// same words again change nothing.
/// </summary>
internal static partial class TenantCommand
{
    private const string Usage = """
        tenant KEY --name NAME --admin USER [--zone ZONE] [--currency CODE] [--country CODE] [--apps NAMES] [--database CONNECTION] [--users CONNECTION]
          KEY         a short name of your choice (small letters, digits, dashes), of which the tenant's id is made; or an id
          --name      the customer's name
          --admin     the first administrator: the id or the e-mail address of a user of your Supabase project; to an address alerts go, too
          --zone      IANA time zone of its reports (default UTC)
          --currency  ISO 4217 (default USD)
          --country   ISO 3166, for phone numbers (default US)
          --apps      our own apps that may send events for it, e.g. bidflow,folio (default none)
          --database  as crm_app (default: the variable Postgres__AppConnectionString)
          --users     the database of your Supabase project, as postgres: makes the user the administrator there (default: prints the statement)
        """;

    private static readonly string[] Options = ["--name", "--admin", "--zone", "--currency", "--country", "--apps", "--database", "--users"];

    /// <param name="arguments">What follows the verb.</param>
    /// <returns>The exit code of the process: 0; 1 when it was refused; 2 when the arguments make no sense.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, CancellationToken ct)
    {
        if (Parse(arguments) is not { } given || IdOf(arguments[0]) is not { } id || !given.TryGetValue("--name", out var name)
            || !given.TryGetValue("--admin", out var admin) || !Admin().IsMatch(admin)
            || (given.GetValueOrDefault("--database") ?? Environment.GetEnvironmentVariable("Postgres__AppConnectionString")) is not { Length: > 0 } database)
        {
            await output.WriteLineAsync(Usage);
            return 2;
        }

        try
        {
            var tenant = await Tenants.EnsureAsync(
                database,
                new(id, name, given.GetValueOrDefault("--zone", "UTC"), given.GetValueOrDefault("--currency", "USD"), given.GetValueOrDefault("--country", "US"),
                    Administrators: admin.Contains('@', StringComparison.Ordinal) ? admin : null)
                {
                    Apps = AppsOf(given.GetValueOrDefault("--apps", "")),
                }, ct);
            await output.WriteLineAsync(Text(tenant));
            return await MakeAdministratorAsync(new(tenant.Id, admin), given.GetValueOrDefault("--users"), output, ct);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or NpgsqlException)
        {
            await output.WriteLineAsync(e is NpgsqlException ? $"The database does not take it: {e.Message}" : e.Message);
            return 1;
        }
    }

    private static async Task<int> MakeAdministratorAsync(FirstAdministrator admin, string? users, TextWriter output, CancellationToken ct)
    {
        var problem = users is null ? null : await admin.WriteAsync(users, ct);
        await output.WriteLineAsync(users is not null && problem is null
            ? $"""

            {admin.User} is its administrator from their next sign-in on. Others get crm_role member or viewer.
            """
            : $"""

            {problem ?? "Its first administrator is not made yet."}
            app_metadata of its first administrator:
              {admin.Metadata}
            In the SQL editor of your Supabase project:
              {admin.Statement}
            It is in the person's access token from their next sign-in on. Others get crm_role member or viewer.
            """);
        return problem is null ? 0 : 1;
    }

    private static string Text(TenantSetup tenant) =>
        $"{(tenant.IsNew ? "Made" : "Already there, and left as it is")}: {tenant.Name}, tenant {tenant.Id}, {tenant.TimeZone}, {tenant.Currency}, {tenant.Country}"
        + (tenant.Apps.IsEmpty ? "" : $", with {string.Join(" and ", tenant.Apps.Select(app => app.ToName()))}");

    private static ImmutableArray<PlatformApp> AppsOf(string names) =>
        [.. names.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(Names.Parse<PlatformApp>).Distinct().Order()];

    private static Dictionary<string, string>? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count % 2 == 0)
            return null;
        var given = new Dictionary<string, string>();
        for (var i = 1; i < arguments.Count; i += 2)
        {
            if (!Options.Contains(arguments[i]) || !given.TryAdd(arguments[i], arguments[i + 1]))
                return null;
        }

        return given;
    }

    // Of a key always the same id, so that the command can be run again; no two keys share one (the first 122 bits of their SHA-256; RFC 9562, version 8).
    internal static TenantId? IdOf(string key)
    {
        if (Guid.TryParseExact(key, "D", out var id))
            return id == Guid.Empty ? null : new(id);
        if (!Key().IsMatch(key))
            return null;
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"forge-crm-tenant:{key}"))[..16];
        (bytes[6], bytes[8]) = ((byte)((bytes[6] & 0x0f) | 0x80), (byte)((bytes[8] & 0x3f) | 0x80));
        return new(new Guid(bytes, bigEndian: true));
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{1,62}\z")]
    private static partial Regex Key();

    // What stands in a statement that somebody will run: an id, or an address of plain characters.
    [GeneratedRegex(@"\A[A-Za-z0-9._%+-]+(@[A-Za-z0-9.-]+)?\z")]
    private static partial Regex Admin();
}
