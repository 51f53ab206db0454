using System.Text.Json;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// What the vault holds for a project: <c>{"url":"https://abcdefghijklmnopqrst.supabase.co","key":"sb_secret_..."}</c>, or the older
/// <c>service_role</c> key, a JWT.
/// </summary>
internal sealed record SupabaseProjectCredential(Uri Url, string Key)
{
    /// <exception cref="FormatException">The secret is none of that, or for another host; the message does not quote it.</exception>
    public static SupabaseProjectCredential Parse(string secret)
    {
        try
        {
            if (JsonSerializer.Deserialize(secret, SupabaseProjectJson.Default.SupabaseProjectCredential) is { Url: not null, Key.Length: > 0 } credential
                && credential.Key.All(char.IsAscii) && !credential.Key.Any(char.IsControl))
            {
                return SupabaseProjectHosts.ReferenceOf(credential.Url) is null
                    ? throw new FormatException("The url of a project is https://<its reference>.supabase.co, and nothing behind that.")
                    : credential;
            }
        }
        catch (JsonException)
        {
            // Below: a parser's message may quote what it could not read.
        }

        throw new FormatException("A project's secret is {\"url\":\"https://<its reference>.supabase.co\",\"key\":\"...\"}.");
    }

    public override string ToString() => "project key";
}
