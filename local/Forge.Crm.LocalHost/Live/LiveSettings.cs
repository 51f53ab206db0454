using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalHost.Live;

/// <summary>A real account instead of the simulator, from environment variables.</summary>
/// <param name="Token">A HubSpot private app's access token.</param>
/// <param name="Postgres">The hub's database; null for one on this machine.</param>
/// <param name="SupabaseUrl">The hub's Supabase project, to look at the result through its REST interface.</param>
internal sealed record LiveSettings(string Token, string? Postgres, Uri? SupabaseUrl, string? SupabaseKey)
{
    public const string TokenKey = "HUBSPOT_API_KEY";

    /// <exception cref="LocalHostException">A hub in Supabase without its database's connection string.</exception>
    public static LiveSettings From(IConfiguration configuration)
    {
        var postgres = configuration.GetConnectionString("Postgres");
        var supabase = configuration["SUPABASE_URL"] is { Length: > 0 } url ? new Uri(url) : null;
        if (supabase is not null && postgres is null)
        {
            throw new LocalHostException("""
                SUPABASE_URL names the project, but tables are made and synced through its database, and a service key opens only its REST interface.
                Set ConnectionStrings__Postgres to the project's connection string too (Supabase: Connect > Session pooler; the role postgres), e.g.
                  ConnectionStrings__Postgres='Host=aws-0-eu-central-1.pooler.supabase.com;Port=5432;Database=postgres;Username=postgres.<ref>;Password=...;SSL Mode=Require'
                """);
        }

        return new(configuration[TokenKey]!, postgres, supabase, configuration["SUPABASE_SERVICE_KEY"]);
    }
}
