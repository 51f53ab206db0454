using MimeKit;

namespace Forge.Crm.Adapters.Notices;

/// <summary>What counts as an address of somebody.</summary>
internal static class MailAddresses
{
    private static readonly ParserOptions Strict = new() { AllowAddressesWithoutDomain = false, AllowUnquotedCommasInAddresses = false };

    /// <returns>True for one address alone, without a name.</returns>
    public static bool IsAddress(string? text) => text is not null && MailboxAddress.TryParse(Strict, text, out var mailbox) && mailbox.Address == text;

    /// <returns>Null where the text is no address, with or without a name.</returns>
    public static MailboxAddress? Sender(string? text) => text is not null && MailboxAddress.TryParse(Strict, text, out var mailbox) ? mailbox : null;
}
