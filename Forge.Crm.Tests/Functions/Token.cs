using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Microsoft.IdentityModel.Tokens;

namespace Forge.Crm.Tests.Functions;

/// <summary>Access tokens as Supabase makes them; a test then changes the one thing that it is about.</summary>
internal static class Token
{
    private const string Person = "5f0c1f3e-0000-4000-8000-000000000001";

    public static string For(TenantId tenant, string role = "member", string person = Person) => Make(Payload(tenant.ToString(), role, person));

    public static Dictionary<string, object?> Payload(string? tenant, string? role, string person = Person) => new()
    {
        ["aud"] = "authenticated",
        ["sub"] = person,
        ["iss"] = "https://project.supabase.co/auth/v1",
        ["iat"] = Now,
        ["exp"] = Now + 3600,
        ["role"] = "authenticated",
        ["app_metadata"] = new { tenant_id = tenant, crm_role = role },
    };

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    public static string Make(Dictionary<string, object?> payload, string secret = FunctionsServer.JwtSecret, string algorithm = "HS256")
    {
        var signed = $"{Part(new { alg = algorithm, typ = "JWT" })}.{Part(payload)}";
        return $"{signed}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(signed)))}";
    }

    public static string Part(object value) => Base64UrlEncoder.Encode(JsonSerializer.SerializeToUtf8Bytes(value));
}
