using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Ports;

/// <summary>
/// A platform whose webhooks we make, account by account, and which may take them away again (others declare theirs once, for all accounts).
/// Failures are <see cref="CrmCallException"/>s.
/// </summary>
public interface ICrmWebhooks
{
    Platform Platform { get; }

    /// <summary>Makes the webhooks that are missing; those that are there stay as they are.</summary>
    /// <param name="secret">As for <see cref="ICrmConnector.Open"/>.</param>
    Task<WebhookCheck> EnsureAsync(TenantId tenant, string secret, WebhookTarget target, CancellationToken ct);

    /// <summary>Takes away all that deliver to that address.</summary>
    Task RemoveAsync(TenantId tenant, string secret, Uri address, CancellationToken ct);
}

/// <summary>Where an account's webhooks deliver to, and what they show there.</summary>
public sealed record WebhookTarget(Uri Address, string User, string Password)
{
    /// <summary>Never the password nor the address, which is one: a record's own text would carry them into a log.</summary>
    public override string ToString() => nameof(WebhookTarget);
}

/// <param name="Made">How many were missing; where some had been there, what happened meanwhile was never told.</param>
/// <param name="IsFailing">The last delivery of one was refused: after some more the platform stops telling for a while, and tells nothing of it later.</param>
public sealed record WebhookCheck(int Made, bool IsFailing)
{
    public bool MayHaveLost => Made > 0 || IsFailing;
}
