using System.Text.Json.Serialization;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Functions.Api;

/// <summary>What a connection by token is asked for with.</summary>
/// <param name="Url">Of a project of the tenant's own; other platforms have one address for all.</param>
internal sealed record TokenForm(string? Token, string? Url, [property: JsonPropertyName("webhook_secret")] string? WebhookSecret)
{
    /// <summary>Never the secrets: a record's own text would carry them into a log.</summary>
    public override string ToString() => nameof(TokenForm);
}

/// <summary>What a token is on each platform that can be connected by one.</summary>
internal static class TokenForms
{
    public const string Remedy =
        "The body names a token of printable characters, and as webhook_secret what the account's webhooks are made with: a client secret of at least 24 characters "
        + "(HubSpot), user:password with at least 16 (Pipedrive; made by us where it is left out), or a secret of at least 24 that they show in X-Forge-Secret (a project "
        + "of your own). Such a project's token is its secret key, and it alone has a url: https://<its reference>.supabase.co";

    private const int LongestToken = 4_096;
    private const int ShortestClientSecret = 24;

    private static readonly Dictionary<Platform, Func<TokenForm, CrmCredentials?>> Forms = new()
    {
        [Platform.HubSpot] = form => form.WebhookSecret is { Length: < ShortestClientSecret } ? null : CrmCredentials.PrivateApp(form.Token!, form.WebhookSecret),
        [Platform.Pipedrive] = PipedriveToken,
        [Platform.SupabaseProject] = form => Uri.TryCreate(form.Url, UriKind.Absolute, out var url) ? CrmCredentials.SupabaseProject(url, form.Token!, form.WebhookSecret) : null,
    };

    public static bool IsKnown(Platform platform) => Forms.ContainsKey(platform);

    /// <returns>Null where it cannot be one.</returns>
    public static CrmCredentials? Read(Platform platform, TokenForm form)
    {
        if (!IsText(form.Token) || (form.WebhookSecret is not null && !IsText(form.WebhookSecret)) || (form.Url is not null && platform != Platform.SupabaseProject))
            return null;
        try
        {
            return Forms[platform](form);
        }
        catch (ArgumentException)
        {
            return null; // too short a secret, or another's address
        }
    }

    private static CrmCredentials? PipedriveToken(TokenForm form) =>
        form.WebhookSecret is not { } secret ? CrmCredentials.ApiToken(form.Token!)
        : secret.Split(':', 2) is [var user, var password] ? CrmCredentials.ApiToken(form.Token!, user, password)
        : null;

    private static bool IsText(string? text) => text is { Length: > 0 and <= LongestToken } && text.All(c => c is > ' ' and < (char)127);
}
