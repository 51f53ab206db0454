using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Sync;

/// <summary>Holds deletions back where they are many: a mistake in one system must not empty the others. What else waits is pushed.</summary>
internal sealed partial class DeleteGuard(Deletions deletions, ILogger<DeleteGuard> logger, CrmMetrics? metrics = null)
{
    /// <returns>What may be sent; what is held is settled.</returns>
    public async Task<IReadOnlyList<PushItem>> PassAsync(PushBatch batch, IReadOnlyList<PushItem> items, CancellationToken ct)
    {
        QueuedPush[] rows = [.. items.Where(item => item.Plan.Kind == PushKind.Delete && !item.Row.IsApproved).Select(item => item.Row)];
        if (rows.Length == 0)
            return items;
        var held = await deletions.HoldAsync(batch.Turn.Lane, batch.Kind, rows, ct);
        if (held.Count == 0)
            return items;
        LogHeld(logger, held.Count, batch.Kind, batch.Session.Platform, batch.Session.Tenant);
        metrics?.Held(batch.Session.Platform, held.Count);
        batch.Close(held);
        return [.. items.Where(batch.IsOpen)];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} deletions of the kind {Kind} for {Platform} of tenant {Tenant} are held: too many in an hour")]
    private static partial void LogHeld(ILogger logger, int count, RecordKind kind, Platform platform, TenantId tenant);
}
