using System.Globalization;
using System.Runtime.CompilerServices;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Notices;

/// <summary>A mail that was written to a file.</summary>
public sealed record WrittenMail(string To, string Subject, string File);

/// <summary>Writes mails into a folder instead of sending them, for a machine without a mail server. A mail that is written again replaces its file.</summary>
/// <param name="written">Hears of each; null where nobody wants to.</param>
internal sealed class MailFolder(IOptions<NoticeOptions> options, MailMessages messages, IProgress<WrittenMail>? written = null) : INoticeSender<OutgoingMail>
{
    public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<OutgoingMail> batch, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var mail in batch)
            yield return await WriteAsync(mail, ct);
    }

    private async Task<NoticeReceipt> WriteAsync(OutgoingMail mail, CancellationToken ct)
    {
        using var message = messages.Make(mail);
        if (message is null)
            return MailReceipts.NoAddress(mail);
        var folder = Path.GetFullPath(options.Value.Folder!);
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{mail.At.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}-{mail.Id:n}.eml"));
        try
        {
            Directory.CreateDirectory(folder);
            await message.WriteToAsync($"{file}.part", ct);
            File.Move($"{file}.part", file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(mail.Id, NoticeFate.Later, $"The folder of Notices:Folder cannot be written to ({e.GetType().Name}).");
        }

        written?.Report(new(mail.To, mail.Subject, file));
        return new(mail.Id, NoticeFate.Sent);
    }
}
