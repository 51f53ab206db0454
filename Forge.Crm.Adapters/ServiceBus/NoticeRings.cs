using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.ServiceBus;

/// <summary>
/// Rings for notices once their transaction is committed, whoever wrote them (<see cref="NoticeRows.Insert"/>). Nobody waits for it: a ring that is
/// lost costs the relay's few seconds.
/// </summary>
/// <param name="rings">Null in a program without the bus: what it writes is sent by whoever runs the functions.</param>
internal sealed class NoticeRings(Rings? rings, TenantDatabase database)
{
    public void Ring(TenantId tenant) => _ = rings?.NoticesAsync(tenant, CancellationToken.None);

    /// <summary>Writes a notice that belongs to no transaction, and rings if it is new.</summary>
    public async Task PostAsync(TenantId tenant, Notice notice, CancellationToken ct)
    {
        if (await database.ExecuteAsync(tenant, [NoticeRows.Insert(tenant, [notice])], ct) > 0)
            Ring(tenant);
    }
}
