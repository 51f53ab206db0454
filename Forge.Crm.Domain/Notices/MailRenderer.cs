using System.Globalization;
using System.Net;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Notices;

/// <summary>Notices as a mail: one as it is, several as a list of their subjects with the texts below it. In HTML every text is encoded.</summary>
public static class MailRenderer
{
    private const string Rule = "----------------------------------------";

    /// <param name="contents">At least one.</param>
    public static RenderedMail Render(IReadOnlyList<MailContent> contents, MailFrame frame)
    {
        var foot = $"Sent by Forge CRM Sync for {NoticeText.Line(frame.Tenant, Notice.MaxSubject)}. Times are those of {frame.Zone.Id}.";
        return contents is [var only]
            ? new(only.Subject, $"{Text(only, frame)}\n\n-- \n{foot}\n", Page(Html(only, frame), foot))
            : new(
                NoticeText.Line($"{Count(contents)}: {contents[0].Subject}", Notice.MaxSubject),
                $"{List(contents)}\n{string.Concat(contents.Select((content, i) => $"\n{Rule}\n{i + 1}. {content.Subject}\n\n{Text(content, frame)}\n"))}\n-- \n{foot}\n",
                Page($"<ol>{Each(contents, content => $"<li>{Encode(content.Subject)}</li>")}</ol>{Each(contents, content => $"<h3>{Encode(content.Subject)}</h3>{Html(content, frame)}")}", foot));
    }

    private static string Text(MailContent content, MailFrame frame) => string.Join(
        "\n\n", new[] { content.Instead, content.Text, string.Join('\n', [Time(content.At, frame.Zone), .. Links(content, frame)]) }.OfType<string>());

    private static string Html(MailContent content, MailFrame frame) =>
        $"{(content.Instead is { } reason ? $"<p><em>{Encode(reason)}</em></p>" : "")}<p style=\"white-space: pre-wrap\">{Encode(content.Text)}</p>"
        + $"<p>{Encode(Time(content.At, frame.Zone))}{string.Concat(Links(content, frame).Select(link => $"<br><a href=\"{Encode(link)}\">{Encode(link)}</a>"))}</p>";

    private static string Page(string body, string foot) =>
        $"<!doctype html><html><head><meta charset=\"utf-8\"></head><body>{body}<hr><p><small>{Encode(foot)}</small></p></body></html>";

    private static string List(IReadOnlyList<MailContent> contents) =>
        $"{Count(contents)}:\n\n{string.Join('\n', contents.Select((content, i) => $"{i + 1}. {content.Subject}"))}\n";

    private static string Each(IEnumerable<MailContent> contents, Func<MailContent, string> html) => string.Concat(contents.Select(html));

    private static string Count(IReadOnlyCollection<MailContent> contents) => string.Create(CultureInfo.InvariantCulture, $"{contents.Count} notices");

    private static string Time(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static string[] Links(MailContent content, MailFrame frame) =>
        content.About is { } about && frame.Links is { } links ? [$"{links.AbsoluteUri.TrimEnd('/')}/records/{about.Kind.ToName()}/{about.Id}"] : [];

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
