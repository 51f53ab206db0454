using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.OAuth;

/// <summary>Our app on a platform, to whose use of an account a person there consents (RFC 6749, authorization code).</summary>
internal interface IOAuthApp
{
    Platform Platform { get; }

    /// <summary>Where the person is sent to consent.</summary>
    /// <param name="redirect">Where the platform sends the person back to; one of those that the app was registered with.</param>
    /// <returns>Null where this installation has no app of its own there.</returns>
    Uri? ConsentAddress(string state, Uri redirect);

    /// <summary>Takes the code that the platform sent the person back with. It works once, and for some minutes.</summary>
    /// <exception cref="Domain.Ports.CrmCallException">The platform refuses the code, or could not be asked.</exception>
    Task<CrmCredentials> ExchangeAsync(TenantId tenant, string code, Uri redirect, CancellationToken ct);

    /// <returns>Null where these credentials are not of a consent.</returns>
    OAuthGrant? GrantOf(TenantId tenant, string secret);
}
