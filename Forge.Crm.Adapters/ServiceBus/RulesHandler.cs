using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Rules;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>Handles <see cref="Queues.Rules"/>: a ring is answered by all that waits for the tenant's rules.</summary>
public sealed class RulesHandler
{
    private readonly RuleDrain _drain;
    private readonly Rings _rings;
    private readonly TimeProvider _clock;

    internal RulesHandler(RuleDrain drain, Rings rings, TimeProvider clock) => (_drain, _rings, _clock) = (drain, rings, clock);

    /// <exception cref="FormatException">Not a ring.</exception>
    public async Task HandleAsync(ServiceBusReceivedMessage message, CancellationToken ct)
    {
        var tenant = new TenantId(BusMessages.Read<RuleRing>(message.Body).Tenant);
        if (await _drain.DrainAsync(tenant, ct) is { } due)
            await _rings.RulesAsync(tenant, ct, due > _clock.GetUtcNow() ? due : null);
    }
}
