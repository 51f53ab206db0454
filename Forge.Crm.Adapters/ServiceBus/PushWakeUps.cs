using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// Rings for what people edited in the hub itself, past us: change capture has put it into the outbox, and somebody says so. A wake-up is never
/// needed and never trusted: the relay comes within seconds, and a ring for a lane with nothing in it does no harm.
/// </summary>
public sealed class PushWakeUps
{
    /// <summary>The channel on which PostgreSQL tells of edits as they are committed.</summary>
    public const string Channel = "crm_outbox";

    private readonly Outbox _outbox;
    private readonly Rings _rings;

    internal PushWakeUps(Outbox outbox, Rings rings) => (_outbox, _rings) = (outbox, rings);

    /// <param name="lane">A notification's text: <c>tenant:platform:lane</c>. Anybody may notify: what is none is passed over.</param>
    /// <returns>Whether a lane was rung for.</returns>
    public async Task<bool> HearAsync(string lane, CancellationToken ct)
    {
        try
        {
            return await _rings.PushAsync(Lane.Parse(lane), ct);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Rings for every lane of a tenant that has something due.</summary>
    internal async Task WakeAsync(TenantId tenant, CancellationToken ct)
    {
        // The sends are not waited for: whoever wakes us waits a second at most.
        foreach (var lane in await _outbox.DueLanesAsync(tenant, ct))
            _ = _rings.PushAsync(lane, CancellationToken.None);
    }
}
