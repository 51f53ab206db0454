using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// Checks access tokens of a Supabase project (Supabase documentation, "JSON Web Token (JWT)"). <c>app_metadata</c> is what the project's own
/// administrators wrote; <c>user_metadata</c> is what people write of themselves and is never looked at.
/// </summary>
public sealed class SupabaseTokens
{
    private static readonly string[] KeyAlgorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256];
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly SupabaseAuthOptions _options;
    private readonly SymmetricSecurityKey? _secret;
    private readonly SupabaseKeys _keys;
    private readonly TimeProvider _clock;

    internal SupabaseTokens(IOptions<SupabaseAuthOptions> options, SupabaseKeys keys, TimeProvider clock)
    {
        (_options, _keys, _clock) = (options.Value, keys, clock);
        _secret = _options.JwtSecret is { } secret ? new(Encoding.UTF8.GetBytes(secret)) : null;
    }

    /// <returns>Null where the token is not valid, whatever the reason.</returns>
    public async Task<Caller?> CheckAsync(string token, CancellationToken ct)
    {
        if (Read(token) is not { Alg: { } algorithm } read)
            return null;
        // The kind of key follows from the algorithm, and each kind is used with its own algorithms only: a public key is never taken for a secret.
        var isSecret = algorithm == SecurityAlgorithms.HmacSha256;
        IEnumerable<SecurityKey> keys = isSecret ? (_secret is null ? [] : [_secret]) : await _keys.FindAsync(read.Kid, ct);
        if (!keys.Any())
            return null;
        var result = await _handler.ValidateTokenAsync(token, Parameters(keys, isSecret ? [SecurityAlgorithms.HmacSha256] : KeyAlgorithms));
        return result.IsValid && result.SecurityToken is JsonWebToken { Subject: { Length: > 0 } subject } valid ? ToCaller(subject, valid) : null;
    }

    private JsonWebToken? Read(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token);
        }
        catch (ArgumentException)
        {
            return null; // SecurityTokenMalformedException is one of these, too
        }
    }

    private TokenValidationParameters Parameters(IEnumerable<SecurityKey> keys, IEnumerable<string> algorithms) => new()
    {
        IssuerSigningKeys = keys,
        TryAllIssuerSigningKeys = true,
        ValidAlgorithms = algorithms,
        ValidAudience = _options.JwtAudience,
        ValidateIssuer = _options.JwtIssuer is not null,
        ValidIssuer = _options.JwtIssuer,
        LifetimeValidator = IsInTime,
    };

    private bool IsInTime(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = _clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + ClockSkew && (notBefore is not { } start || now >= start - ClockSkew);
    }

    private static Caller ToCaller(string subject, JsonWebToken token)
    {
        if (!token.TryGetPayloadValue<JsonElement>("app_metadata", out var app) || app.ValueKind != JsonValueKind.Object)
            return new(subject, null, CrmRole.Viewer);
        var tenant = Text(app, "tenant_id") is { } id && Guid.TryParseExact(id, "D", out var guid) && guid != Guid.Empty
            ? new TenantId(guid)
            : (TenantId?)null;
        return new(subject, tenant, Names.TryParse<CrmRole>(Text(app, "crm_role"), out var role) ? role : CrmRole.Viewer);
    }

    private static string? Text(JsonElement app, string name) =>
        app.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
