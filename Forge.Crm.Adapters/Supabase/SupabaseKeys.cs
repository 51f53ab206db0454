using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The project's public keys. Read again after ten minutes, or when a token names one that is not among them, but not more than once
/// in half a minute: a stranger's tokens must not make us call anybody. While they cannot be read, the last ones hold.
/// </summary>
internal sealed partial class SupabaseKeys(
    IHttpClientFactory http, IOptions<SupabaseAuthOptions> options, TimeProvider clock, ILogger<SupabaseKeys> logger) : IDisposable
{
    private const long MaxBytes = 64 * 1024;

    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Spacing = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _one = new(1);
    private volatile Keys? _held;

    /// <returns>The key of that id, or all where the token names none.</returns>
    public async Task<IReadOnlyList<SecurityKey>> FindAsync(string? id, CancellationToken ct)
    {
        if (options.Value.JwksUrl is not { } url)
            return [];
        if (!IsGood(_held, id))
            await ReadAsync(url, id, ct);
        return _held?.Of(id) ?? [];
    }

    public void Dispose() => _one.Dispose();

    private bool IsGood(Keys? held, string? id) =>
        held is not null && clock.GetElapsedTime(held.Since) is var age && age < (held.Of(id).Count > 0 ? KeptFor : Spacing);

    private async Task ReadAsync(string url, string? id, CancellationToken ct)
    {
        await _one.WaitAsync(ct);
        try
        {
            if (IsGood(_held, id))
                return;
            var before = _held;
            // Also a failed try counts as one: the next comes after the spacing.
            _held = new(clock.GetTimestamp(), before?.All ?? []);
            using var client = http.CreateClient(nameof(SupabaseKeys));
            client.MaxResponseContentBufferSize = MaxBytes;
            var set = new JsonWebKeySet(await client.GetStringAsync(new Uri(url), ct));
            _held = new(clock.GetTimestamp(), [.. set.GetSigningKeys()]);
        }
        catch (Exception e) when (e is HttpRequestException or ArgumentException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            NotRead(logger, e);
        }
        finally
        {
            _one.Release();
        }
    }

    private sealed record Keys(long Since, IReadOnlyList<SecurityKey> All)
    {
        public IReadOnlyList<SecurityKey> Of(string? id) => id is null ? All : [.. All.Where(key => key.KeyId == id)];
    }

    [LoggerMessage(LogLevel.Warning, "The project's public keys could not be read; the last ones hold.")]
    private static partial void NotRead(ILogger logger, Exception e);
}
