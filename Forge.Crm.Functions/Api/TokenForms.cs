using Forge.Crm.Domain.Records;

namespace Forge.Crm.Functions.Api;

/// <summary>What a token is on each platform that can be connected by one.</summary>
internal static class TokenForms
{
    public const string Remedy =
        "The body names a token of printable characters, and as webhook_secret what the account's webhooks are made with: a client secret of at least 24 characters "
        + "(HubSpot), or user:password with at least 16 (Pipedrive; made by us where it is left out).";

    private const int LongestToken = 4_096;
    private const int ShortestClientSecret = 24;

    private static readonly Dictionary<Platform, Func<string, string?, CrmCredentials?>> Forms = new()
    {
        [Platform.HubSpot] = (token, secret) => secret is null || secret.Length >= ShortestClientSecret ? CrmCredentials.PrivateApp(token, secret) : null,
        [Platform.Pipedrive] = PipedriveToken,
    };

    public static bool IsKnown(Platform platform) => Forms.ContainsKey(platform);

    /// <returns>Null where it cannot be one.</returns>
    public static CrmCredentials? Read(Platform platform, string? token, string? webhookSecret) =>
        IsText(token) && (webhookSecret is null || IsText(webhookSecret)) ? Forms[platform](token!, webhookSecret) : null;

    private static CrmCredentials? PipedriveToken(string token, string? secret)
    {
        if (secret is null)
            return CrmCredentials.ApiToken(token);
        var parts = secret.Split(':', 2);
        try
        {
            return parts is [var user, var password] ? CrmCredentials.ApiToken(token, user, password) : null;
        }
        catch (ArgumentException)
        {
            return null; // too short a password
        }
    }

    private static bool IsText(string? text) => text is { Length: > 0 and <= LongestToken } && text.All(c => c is > ' ' and < (char)127);
}
