namespace Forge.Crm.Adapters.Supabase;

/// <summary>Where a project's calls go and what opens it; travels in the request's options.</summary>
/// <param name="Schema">Null for the first that is exposed.</param>
internal sealed record SupabaseProjectAccess(Uri Host, string Key, string? Schema)
{
    public const string OptionName = "forge.crm.supabase-project.access";

    private static readonly HttpRequestOptionsKey<SupabaseProjectAccess> Option = new(OptionName);

    public static SupabaseProjectAccess? Of(HttpRequestMessage request) => request.Options.TryGetValue(Option, out var access) ? access : null;

    public void Apply(HttpRequestMessage request)
    {
        request.RequestUri = new(Host, request.RequestUri!.PathAndQuery);
        request.Headers.TryAddWithoutValidation("apikey", Key);
        // The newer keys (sb_secret_...) are no tokens, and are refused where one is expected.
        if (Key.StartsWith("ey", StringComparison.Ordinal))
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {Key}");
        if (Schema is not null)
            request.Headers.TryAddWithoutValidation(request.Method == HttpMethod.Get ? "Accept-Profile" : "Content-Profile", Schema);
    }

    /// <summary>Never the key: a record's own text would carry it into a log.</summary>
    public override string ToString() => Host.Host;
}

/// <summary>The outermost step: sends the call to its project.</summary>
internal sealed class SupabaseProjectAccessHandler : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        SupabaseProjectAccess.Of(request)?.Apply(request);
        return base.SendAsync(request, cancellationToken);
    }
}
