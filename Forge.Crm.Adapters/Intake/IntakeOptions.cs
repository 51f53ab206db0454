using System.ComponentModel.DataAnnotations;

namespace Forge.Crm.Adapters.Intake;

/// <summary>Section <c>Forge</c>: how webhooks and people come in.</summary>
public sealed class IntakeOptions
{
    public const string Section = "Forge";

    /// <value>
    /// The address that webhooks are sent to, up to the functions' own paths, e.g. <c>https://sync.example.com</c>. Signatures cover it, and a
    /// request does not know it: proxies change host, scheme and path on the way. Required where webhooks come in.
    /// </value>
    [Url]
    public string? PublicBaseUrl { get; init; }

    /// <value>
    /// Where a person is sent who came back from consenting to a connection, with <c>platform</c> and <c>result</c> in its query and, behind <c>#</c>,
    /// the <c>state</c> and the <c>code</c> that finish it; no request can name another place. Null shows a small page of our own.
    /// </value>
    [Url, RegularExpression("[^#]*", ErrorMessage = "Forge:ConsentReturnUrl must have no part behind '#': state and code are put there.")]
    public string? ConsentReturnUrl { get; init; }

    /// <value>Events a second that one account may send to one instance in the long run. The default is 1,000.</value>
    [Range(1, 1_000_000)]
    public int IntakeEventsPerSecond { get; init; } = 1_000;

    /// <value>Events that it may send at once after a quiet time. The default is 50,000: an import.</value>
    [Range(1, 10_000_000)]
    public int IntakeBurst { get; init; } = 50_000;
}
