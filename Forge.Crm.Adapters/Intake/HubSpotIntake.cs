using System.Diagnostics.CodeAnalysis;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Intake;

/// <summary>A HubSpot webhook's way into the journal: signature, split, limit, tenants, journal, ring.</summary>
public sealed partial class HubSpotIntake
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly string _baseUrl;
    private readonly Func<HubSpotSecrets> _appSecrets;
    private readonly HubSpotSecrets _noSecrets = new(null);
    private readonly TenantRoutes _routes;
    private readonly ConnectionSecrets _secrets;
    private readonly IntakeLimits _limits;
    private readonly IntakeJournal _journal;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal HubSpotIntake(
        IOptions<IntakeOptions> options, Func<HubSpotSecrets> appSecrets, TenantRoutes routes, ConnectionSecrets secrets, IntakeLimits limits,
        IntakeJournal journal, CrmMetrics metrics, TimeProvider clock, ILogger<HubSpotIntake> logger)
    {
        _baseUrl = options.Value.PublicBaseUrl?.TrimEnd('/') ?? "";
        (_appSecrets, _routes, _secrets, _limits) = (appSecrets, routes, secrets, limits);
        (_journal, _metrics, _clock, _logger) = (journal, metrics, clock, logger);
    }

    /// <summary>
    /// Takes a delivery in. <see cref="IntakeOutcome.Accepted"/> is answered only after its events are committed. Never throws: what goes
    /// wrong on our side is <see cref="IntakeOutcome.Unavailable"/>, and the sender tries again.
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
        _metrics.Delivery(Platform.HubSpot, answer.Outcome.ToName());
        return answer;
    }

    private async Task<IntakeAnswer> AnswerAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        var now = _clock.GetUtcNow();
        var connection = delivery.ConnectionKey is { } key ? await FindConnectionAsync(delivery, key, now, ct) : null;
        if (delivery.ConnectionKey is null ? !IsSigned(delivery, _appSecrets(), now) : connection is null)
            return new(IntakeOutcome.Unauthorized);
        var batch = HubSpotWebhook.Split(delivery.Body, now);
        if (batch.Error is { } error)
            return new(IntakeOutcome.Malformed, Error: error);
        // What a connection signed with its own secret counts for it alone, whatever accounts it names.
        foreach (var account in batch.Deliveries.GroupBy(item => connection?.Account ?? item.PortalId ?? ""))
        {
            if (_limits.Wait(connection?.Connection, account.Key, account.Count()) is { } wait)
                return new(IntakeOutcome.Busy, RetryAfter: wait);
        }
        return await _journal.AppendAsync(Platform.HubSpot, [.. batch.Deliveries.Select(EventOf)], connection, ct);
    }

    private static IntakeEvent EventOf(HubSpotDelivery item) => new(
        item.Raw, item.PortalId, item.EventKey, item.Event,
        item.Reading switch
        {
            HubSpotReading.Unreadable => EventStatus.Failed,
            HubSpotReading.NotUsed => EventStatus.Ignored,
            _ => EventStatus.Pending,
        },
        item.Reason);

    /// <summary>The connection of that key whose own secret signed the delivery.</summary>
    private Task<TenantRoute?> FindConnectionAsync(WebhookDelivery delivery, string key, DateTimeOffset now, CancellationToken ct) => _routes.AuthenticAsync(
        Platform.HubSpot, key, _secrets.HubSpotAsync, _noSecrets, secrets => IsSigned(delivery, secrets, now), ct);

    private bool IsSigned(WebhookDelivery delivery, HubSpotSecrets secrets, DateTimeOffset now)
    {
        var check = HubSpotSignature.Check(
            delivery.Method, _baseUrl + delivery.Target, delivery.Body.Span, delivery.Headers[HubSpotSignature.SignatureHeader],
            delivery.Headers[HubSpotSignature.TimestampHeader], now, secrets);
        if (check != HubSpotSignatureCheck.Valid)
            NotSigned(_logger, check);
        return check == HubSpotSignatureCheck.Valid;
    }

    [LoggerMessage(LogLevel.Error, "A HubSpot webhook could not be journaled and was answered 503.")]
    private static partial void NotJournaled(ILogger logger, Exception e);

    [LoggerMessage(LogLevel.Information, "A HubSpot webhook's signature is not valid: {Check}.")]
    private static partial void NotSigned(ILogger logger, HubSpotSignatureCheck check);
}
