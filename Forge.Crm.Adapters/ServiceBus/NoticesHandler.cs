using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles <see cref="Queues.Notices"/>: a ring is answered by all that the tenant is to be told now. What is put off the relay rings for.</summary>
public sealed class NoticesHandler
{
    private readonly NoticeDrain _drain;
    private readonly Rings _rings;

    internal NoticesHandler(NoticeDrain drain, Rings rings) => (_drain, _rings) = (drain, rings);

    /// <exception cref="FormatException">Not a ring.</exception>
    public async Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var tenant = new TenantId(BusMessages.Read<NoticeRing>(message.Body).Tenant);
        if (await _drain.DrainAsync(tenant, ct))
            await _rings.NoticesAsync(tenant, ct);
    }
}
