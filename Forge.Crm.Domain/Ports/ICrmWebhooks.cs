using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>
/// A platform whose webhooks we make, account by account, and which may take them away again (others declare theirs once, for all accounts).
/// Failures are <see cref="CrmCallException"/>s.
/// </summary>
public interface ICrmWebhooks
{
    Platform Platform { get; }

    /// <summary>Looks which webhooks to that address are missing, and whether those that are there are heard.</summary>
    /// <param name="secret">As for <see cref="ICrmConnector.Open"/>.</param>
    Task<WebhookCheck> CheckAsync(TenantId tenant, string secret, Uri address, CancellationToken ct);

    /// <summary>Makes those that a check missed.</summary>
    Task MakeAsync(TenantId tenant, string secret, WebhookTarget target, IReadOnlyCollection<string> missing, CancellationToken ct);

    /// <summary>Takes away all that deliver to that address.</summary>
    Task RemoveAsync(TenantId tenant, string secret, Uri address, CancellationToken ct);
}

/// <summary>Where an account's webhooks deliver to, and what they show there.</summary>
public sealed record WebhookTarget(Uri Address, string User, string Password)
{
    /// <summary>Never the password nor the address, which is one: a record's own text would carry them into a log.</summary>
    public override string ToString() => nameof(WebhookTarget);
}

/// <param name="Missing">What no webhook tells of, in the platform's words; where one had, what happened meanwhile was never told.</param>
/// <param name="IsFailing">The last delivery of one was not accepted: after some more the platform stops telling for a while, and tells nothing of it later.</param>
public sealed record WebhookCheck(IReadOnlyCollection<string> Missing, bool IsFailing)
{
    public bool MayHaveLost => Missing.Count > 0 || IsFailing;
}
