using System.Text;
using System.Text.Json;
using Forge.Crm.Domain.Records;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>A token as Supabase would give to a member of the tenant; good for a day, and only for this run's functions.</summary>
internal static class DemoToken
{
    public static string For(TenantId tenant, string secret) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Audience = "authenticated",
        Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddDays(1),
        Claims = new Dictionary<string, object>
        {
            ["sub"] = "d0000000-0000-4000-8000-000000000001",
            ["role"] = "authenticated",
            ["app_metadata"] = new Dictionary<string, object> { ["tenant_id"] = tenant.ToString(), ["crm_role"] = "admin" },
        },
        SigningCredentials = new(new SymmetricSecurityKey(Encoding.UTF8.GetBytes(secret)), SecurityAlgorithms.HmacSha256),
    });

    /// <summary>A body that sets one property.</summary>
    public static string Quote(string property, string value) =>
        JsonSerializer.Serialize(new { properties = new Dictionary<string, string> { [property] = value } });
}
