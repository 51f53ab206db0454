namespace Forge.Crm.Tests.Schema;

/// <summary>Who asks: a login, the role that it takes on (as PostgREST does), and the settings of its transaction.</summary>
internal sealed record Caller(string Login, string? Role, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>The login of PostgREST on Supabase: it has no rights but to become authenticated or anon.</summary>
    public const string Authenticator = "forge_test_authenticator";

    public static Caller Relay { get; } = new("crm_relay", null, new Dictionary<string, string>());

    public static Caller Owner { get; } = new("", null, new Dictionary<string, string>());

    /// <summary>The functions. Null leaves the tenant unset.</summary>
    public static Caller App(object? tenant) =>
        new("crm_app", null, tenant is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["app.tenant_id"] = $"{tenant}" });

    /// <summary>A person with a Supabase token.</summary>
    public static Caller Person(Guid tenant, string role = "member") =>
        Token($$"""{ "sub": "person-1", "role": "authenticated", "app_metadata": { "tenant_id": "{{tenant}}", "crm_role": "{{role}}" } }""");

    /// <summary>A person with these claims, whatever they are.</summary>
    public static Caller Token(string claims) => new(Authenticator, "authenticated", new Dictionary<string, string> { ["request.jwt.claims"] = claims });

    public Caller With(string setting, string value) => this with { Settings = new Dictionary<string, string>(Settings) { [setting] = value } };
}
