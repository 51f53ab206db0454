using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>Section <c>Supabase</c>: whose access tokens the API takes. With neither secret nor key set it takes none.</summary>
public sealed class SupabaseAuthOptions
{
    public const string Section = "Supabase";

    /// <value>The project's JWT secret (HS256); at least 32 characters, as Supabase makes it. Null where the project signs with its own keys.</value>
    [MinLength(32)]
    public string? JwtSecret { get; init; }

    /// <value>The project's public keys, e.g. <c>https://….supabase.co/auth/v1/.well-known/jwks.json</c>.</value>
    [Url]
    public string? JwksUrl { get; init; }

    /// <value>What tokens must name as their issuer, e.g. <c>https://….supabase.co/auth/v1</c>. Null: it is not looked at.</value>
    public string? JwtIssuer { get; init; }

    /// <value>What tokens must name as their audience. The default is Supabase's for people who are logged in.</value>
    [Required]
    public string JwtAudience { get; init; } = "authenticated";
}
