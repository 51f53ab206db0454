using Forge.Crm.Adapters.Http;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Where an account's calls go and what opens it; travels in the request's options.</summary>
/// <param name="Host">The account's own host.</param>
/// <param name="Header">The header that holds <paramref name="Secret"/>.</param>
internal sealed record PipedriveAccess(Uri Host, string Header, string Secret)
{
    public const string OptionName = "forge.crm.pipedrive.access";

    private const string Bearer = "Bearer ";

    private static readonly HttpRequestOptionsKey<PipedriveAccess> Key = new(OptionName);

    /// <summary>A user's own token, which does not expire.</summary>
    public static PipedriveAccess ByApiToken(Uri host, string token) => new(host, "x-api-token", token);

    public static PipedriveAccess ByOAuth(Uri host, string accessToken) => new(host, "Authorization", Bearer + accessToken);

    /// <summary>Of one by OAuth.</summary>
    public string AccessToken => Secret[Bearer.Length..];

    public static PipedriveAccess? Of(HttpRequestMessage request) => request.Options.TryGetValue(Key, out var access) ? access : null;

    public void Apply(HttpRequestMessage request)
    {
        request.RequestUri = new(Host, request.RequestUri!.PathAndQuery);
        request.Headers.TryAddWithoutValidation(Header, Secret);
    }

    /// <summary>Never the secret: a record's own text would carry it into a log.</summary>
    public override string ToString() => Host.Host;
}

/// <summary>The outermost step: sends the call to its account, and says what it costs.</summary>
internal sealed class PipedriveAccessHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        PipedriveAccess.Of(request)?.Apply(request);
        CrmCall.Pay(request, PipedrivePrices.Of(request.Method, request.RequestUri!.AbsolutePath));
        return base.SendAsync(request, cancellationToken);
    }
}
