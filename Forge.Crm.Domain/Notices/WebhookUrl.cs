namespace Forge.Crm.Domain.Notices;

/// <summary>
/// Where a webhook may be sent: by https, and without anything in the address that belongs into a secret. Whether its host is a public one is asked
/// when it is called, since a name may lead elsewhere by then.
/// </summary>
public static class WebhookUrl
{
    /// <param name="allowsThisMachine">For trying out: http to this machine is as good.</param>
    /// <returns>What is wrong and what to do; null where nothing is.</returns>
    public static string? Problem(Uri? url, bool allowsThisMachine = false) => url switch
    {
        not { IsAbsoluteUri: true } => "The webhook's address is no whole address; write https://host/path.",
        { UserInfo.Length: > 0 } => "The webhook's address holds a user or a password; leave them out, the signature proves who calls.",
        { Fragment.Length: > 0 } => "The webhook's address has a part behind '#', which is never sent; leave it out.",
        { Scheme: "https" } => null,
        { Scheme: "http", IsLoopback: true } when allowsThisMachine => null,
        _ => "The webhook's address is not https.",
    };
}
