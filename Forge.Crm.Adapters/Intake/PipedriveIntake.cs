using System.Diagnostics.CodeAnalysis;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Intake;

/// <summary>A Pipedrive webhook's way into the journal: connection, password, limit, journal, ring.</summary>
public sealed partial class PipedriveIntake
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly PipedriveSecrets _noSecrets = new(null);
    private readonly TenantRoutes _routes;
    private readonly ConnectionSecrets _secrets;
    private readonly IntakeLimits _limits;
    private readonly IntakeJournal _journal;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal PipedriveIntake(
        TenantRoutes routes, ConnectionSecrets secrets, IntakeLimits limits, IntakeJournal journal, CrmMetrics metrics, TimeProvider clock,
        ILogger<PipedriveIntake> logger)
    {
        (_routes, _secrets, _limits, _journal) = (routes, secrets, limits, journal);
        (_metrics, _clock, _logger) = (metrics, clock, logger);
    }

    /// <summary>
    /// Takes a delivery in. <see cref="IntakeOutcome.Accepted"/> is answered only after its event is committed, and for every authentic
    /// delivery, readable or not: ten refusals stop a webhook for half an hour, and what it would have told then is never told. Never throws.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Nothing was acknowledged, so nothing is lost; a 500 would say no more than a 503.")]
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
        _metrics.Delivery(Platform.Pipedrive, answer.Outcome.ToName());
        return answer;
    }

    private async Task<IntakeAnswer> AnswerAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        if (await FindConnectionAsync(delivery, now, ct) is not { } connection)
            return new(IntakeOutcome.Unauthorized);
        if (_limits.Wait(connection.Connection, connection.Account, 1) is { } wait)
            return new(IntakeOutcome.Busy, RetryAfter: wait);
        return await _journal.AppendAsync(Platform.Pipedrive, [EventOf(PipedriveWebhook.Read(delivery.Body, now))], connection, ct);
    }

    private static IntakeEvent EventOf(PipedriveDelivery item) => new(
        item.Raw, item.CompanyId, item.EventKey, item.Event,
        item.Reading switch
        {
            PipedriveReading.Unreadable => EventStatus.Failed,
            PipedriveReading.NotUsed => EventStatus.Ignored,
            _ => EventStatus.Pending,
        },
        item.Reason)
    {
        IsRetry = item.IsRetry,
    };

    /// <summary>The connection of the key in the path, if the delivery brings its password.</summary>
    private Task<TenantRoute?> FindConnectionAsync(WebhookDelivery delivery, DateTimeOffset now, CancellationToken ct) => _routes.AuthenticAsync(
        Platform.Pipedrive, delivery.ConnectionKey, _secrets.PipedriveAsync, _noSecrets, secrets => IsAuthentic(delivery, secrets, now), ct);

    private bool IsAuthentic(WebhookDelivery delivery, PipedriveSecrets secrets, DateTimeOffset now)
    {
        var check = PipedriveAuth.Check(delivery.Headers.Authorization, now, secrets);
        if (check != PipedriveAuthCheck.Valid)
            NotAuthentic(_logger, check);
        return check == PipedriveAuthCheck.Valid;
    }

    [LoggerMessage(LogLevel.Error, "A Pipedrive webhook could not be journaled and was answered 503.")]
    private static partial void NotJournaled(ILogger logger, Exception e);

    [LoggerMessage(LogLevel.Information, "A Pipedrive webhook is not authentic: {Check}.")]
    private static partial void NotAuthentic(ILogger logger, PipedriveAuthCheck check);
}
