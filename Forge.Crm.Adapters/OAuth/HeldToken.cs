namespace Forge.Crm.Adapters.OAuth;

/// <summary>This process's own copy of a grant's tokens.</summary>
internal sealed class HeldToken
{
    // A token that is about to end would end under way.
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private OAuthToken? _token;
    private string? _ended;

    public SemaphoreSlim Turn { get; } = new(1, 1);

    /// <summary>When the platform refused the grant.</summary>
    public StoredToken? Refusal { get; set; }

    /// <summary>The newest refresh token that this process knows of.</summary>
    public string? RefreshToken { get; private set; }

    public OAuthToken? Fresh(DateTimeOffset now)
    {
        lock (_gate)
            return _token is { } token && IsFresh(token, now) ? token : null;
    }

    /// <summary>Whether a token that another worker stored can be used: one that the platform has refused before its time cannot.</summary>
    public bool Takes(OAuthToken stored, DateTimeOffset now)
    {
        lock (_gate)
            return stored.AccessToken != _ended && IsFresh(stored, now);
    }

    public OAuthToken Keep(OAuthToken token)
    {
        lock (_gate)
            (_token, RefreshToken, Refusal) = (token, token.RefreshToken, null);
        return token;
    }

    public void End(string accessToken)
    {
        lock (_gate)
        {
            _ended = accessToken;
            _token = _token?.AccessToken == accessToken ? null : _token;
        }
    }

    private static bool IsFresh(OAuthToken token, DateTimeOffset now) => now < token.Until - Early;
}
