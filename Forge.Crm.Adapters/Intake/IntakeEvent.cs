using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Events;

namespace Forge.Crm.Adapters.Intake;

/// <summary>One event of an authentic delivery on its way into the journal, whichever platform sent it.</summary>
/// <param name="Account">The account it is about; null where the event does not say.</param>
/// <param name="Status">Pending; ignored or failed where it can already be said, with the reason.</param>
internal sealed record IntakeEvent(
    ReadOnlyMemory<byte> Raw, string? Account, string EventKey, ChangeEvent Event, EventStatus Status = EventStatus.Pending, string? Reason = null)
{
    /// <summary>An earlier delivery of it failed, on a platform that stops telling when several do.</summary>
    public bool IsRetry { get; init; }
}
