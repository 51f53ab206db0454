using System.Diagnostics.CodeAnalysis;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Adapters.Intake;

/// <summary>
/// A database webhook of the hub's own project: connection, secret or signature, limit, wake-up. Nothing of it is read or journaled: what
/// changed is in the outbox, put there by the transaction that changed it.
/// </summary>
public sealed partial class SupabaseIntake
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(3);

    private readonly SupabaseSecrets _noSecrets = new(null);
    private readonly TenantRoutes _routes;
    private readonly ConnectionSecrets _secrets;
    private readonly IntakeLimits _limits;
    private readonly PushWakeUps _wakeUps;
    private readonly CrmMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    internal SupabaseIntake(
        TenantRoutes routes, ConnectionSecrets secrets, IntakeLimits limits, PushWakeUps wakeUps, CrmMetrics metrics, TimeProvider clock,
        ILogger<SupabaseIntake> logger)
    {
        (_routes, _secrets, _limits, _wakeUps) = (routes, secrets, limits, wakeUps);
        (_metrics, _clock, _logger) = (metrics, clock, logger);
    }

    /// <summary>Takes a wake-up in. Never throws. The sender waits a second and never comes again: the relay makes good what is lost.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "What is due stands in the outbox; a 500 would say no more than a 503.")]
    public async Task<IntakeAnswer> ReceiveAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        IntakeAnswer answer;
        try
        {
            answer = await AnswerAsync(delivery, ct);
        }
        catch (Exception e)
        {
            NotRung(_logger, e);
            answer = new(IntakeOutcome.Unavailable, RetryAfter: RetryAfter);
        }
        _metrics.Delivery(Platform.Supabase, answer.Outcome.ToName());
        return answer;
    }

    private async Task<IntakeAnswer> AnswerAsync(WebhookDelivery delivery, CancellationToken ct)
    {
        if (await FindConnectionAsync(delivery, _clock.GetUtcNow(), ct) is not { } connection)
            return new(IntakeOutcome.Unauthorized);
        if (_limits.Wait(connection.Connection, connection.Account, 1) is { } wait)
            return new(IntakeOutcome.Busy, RetryAfter: wait);
        await _wakeUps.WakeAsync(connection.Tenant, ct);
        return new(IntakeOutcome.Accepted, Accepted: 1);
    }

    /// <summary>The connection of the key in the path, if the delivery is its secret's.</summary>
    private Task<TenantRoute?> FindConnectionAsync(WebhookDelivery delivery, DateTimeOffset now, CancellationToken ct) => _routes.AuthenticAsync(
        Platform.Supabase, delivery.ConnectionKey, _secrets.SupabaseAsync, _noSecrets, secrets => IsAuthentic(delivery, secrets, now), ct);

    private bool IsAuthentic(WebhookDelivery delivery, SupabaseSecrets secrets, DateTimeOffset now)
    {
        var check = SupabaseAuth.Check(delivery.Headers, delivery.Body.Span, now, secrets);
        if (check != SupabaseCheck.Valid)
            NotAuthentic(_logger, check);
        return check == SupabaseCheck.Valid;
    }

    [LoggerMessage(LogLevel.Error, "A Supabase webhook rang for nothing and was answered 503; the relay rings.")]
    private static partial void NotRung(ILogger logger, Exception e);

    [LoggerMessage(LogLevel.Information, "A Supabase webhook is not authentic: {Check}.")]
    private static partial void NotAuthentic(ILogger logger, SupabaseCheck check);
}
