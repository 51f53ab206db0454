using System.Diagnostics.CodeAnalysis;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Intake;

/// <summary>The way of a project's database webhook into the journal: connection, secret, limit, the tenant's mapping, journal, ring.</summary>
public sealed partial class SupabaseProjectIntake
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly SupabaseSecrets _noSecret = new(null);
    private readonly TenantRoutes _routes;
    private readonly ConnectionSecrets _secrets;
    private readonly SyncConfigs _configs;
    private readonly IntakeLimits _limits;
    private readonly IntakeJournal _journal;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal SupabaseProjectIntake(
        TenantRoutes routes, ConnectionSecrets secrets, SyncConfigs configs, IntakeLimits limits, IntakeJournal journal, CrmMetrics metrics,
        TimeProvider clock, ILogger<SupabaseProjectIntake> logger)
    {
        (_routes, _secrets, _configs, _limits, _journal) = (routes, secrets, configs, limits, journal);
        (_metrics, _clock, _logger) = (metrics, clock, logger);
    }

    /// <summary>
    /// Takes a delivery in. <see cref="IntakeOutcome.Accepted"/> is answered only after its event is committed, and for every authentic
    /// delivery, readable or not. Never throws. Nobody sends it again: what is lost here, the next incremental read finds.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Nothing was acknowledged; a 500 would say no more than a 503.")]
    public async Task<IntakeAnswer> ReceiveAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        IntakeAnswer answer;
        try
        {
            answer = await AnswerAsync(delivery, ct);
        }
        catch (Exception e)
        {
            NotJournaled(_logger, e);
            answer = new(IntakeOutcome.Unavailable, RetryAfter: RetryAfter);
        }
        _metrics.Delivery(Platform.SupabaseProject, answer.Outcome.ToName());
        return answer;
    }

    private async Task<IntakeAnswer> AnswerAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        if (await FindConnectionAsync(delivery, now, ct) is not { } connection)
            return new(IntakeOutcome.Unauthorized);
        if (_limits.Wait(connection.Connection, connection.Account, 1) is { } wait)
            return new(IntakeOutcome.Busy, RetryAfter: wait);
        var config = await _configs.OfAsync(connection.Tenant, ct);
        return await _journal.AppendAsync(Platform.SupabaseProject, [EventOf(delivery.Body, config, now)], connection, ct);
    }

    /// <summary>Where the mapping cannot be read the event waits, unread, until it is mended.</summary>
    private static IntakeEvent EventOf(ReadOnlyMemory<byte> body, TenantConfig? config, DateTimeOffset now)
    {
        var (mapping, isReadable) = Mapping(config?.Of(Platform.SupabaseProject)?.Mapping ?? "{}", config?.Shapes ?? TenantShapes.Standard);
        var item = SupabaseProjectWebhook.Read(body, now, mapping);
        return new(
            item.Raw, null, item.EventKey, item.Event,
            item.Reading switch
            {
                SupabaseProjectReading.Unreadable => EventStatus.Failed,
                SupabaseProjectReading.NotUsed when isReadable => EventStatus.Ignored,
                _ => EventStatus.Pending,
            },
            item.Reason);
    }

    private static (SupabaseProjectMapping Mapping, bool IsReadable) Mapping(string document, TenantShapes shapes)
    {
        try
        {
            return (SupabaseProjectDocument.Read(document, shapes.Of), true);
        }
        catch (FormatException)
        {
            return (SupabaseProjectMapping.None, false);
        }
    }

    /// <summary>The connection of the key in the path, if the delivery is its secret's.</summary>
    private Task<TenantRoute?> FindConnectionAsync(WebhookDelivery delivery, DateTimeOffset now, CancellationToken ct) => _routes.AuthenticAsync(
        Platform.SupabaseProject, delivery.ConnectionKey, _secrets.SupabaseAsync, _noSecret, secrets => IsAuthentic(delivery, secrets, now), ct);

    private bool IsAuthentic(WebhookDelivery delivery, SupabaseSecrets secret, DateTimeOffset now)
    {
        var check = SupabaseAuth.Check(delivery.Headers, delivery.Body.Span, now, secret);
        if (check != SupabaseCheck.Valid)
            NotAuthentic(_logger, check);
        return check == SupabaseCheck.Valid;
    }

    [LoggerMessage(LogLevel.Error, "A webhook of a Supabase project could not be journaled and was answered 503.")]
    private static partial void NotJournaled(ILogger logger, Exception e);

    [LoggerMessage(LogLevel.Information, "A webhook of a Supabase project is not authentic: {Check}.")]
    private static partial void NotAuthentic(ILogger logger, SupabaseCheck check);
}
