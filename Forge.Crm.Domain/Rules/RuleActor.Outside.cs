using System.Text.Json;

namespace Forge.Crm.Domain.Rules;

/// <content>What goes to somebody outside the hub.</content>
internal sealed partial class RuleActor
{
    private const int LongestText = 64 * 1024;
    private const int LongestSubject = 200;
    private const int LongestName = 500;

    private RuleEffect.Alert Alert(RuleAction.Alert alert)
    {
        var about = scope.Find(alert.Record ?? RuleScope.Record);
        var to = alert.To.In(scope)?.Trim();
        Guid? owner = to == "owner" && Guid.TryParse(about?["owner_id"], out var id) ? id : null;
        if (to == "owner" && owner is null)
            scope.Note("nobody owns it: the administrators were told");
        return new(to is "owner" or "administrators" or "" or null ? null : to, owner, about?.Kind, about?.Id, Short(alert.Subject.In(scope), LongestSubject), Short(alert.Text.In(scope), LongestText));
    }

    private void Lead(RuleAction.HubSpotLead lead)
    {
        if (Known(lead.Record) is not { } contact)
            return;
        var name = string.Join(' ', (lead.Name.In(scope) ?? "").Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
        if (name.Length == 0)
            scope.Note("a lead without a name was left out");
        else
            Effects.Add(new RuleEffect.HubSpotLead(contact.Id, Short(name, LongestName)));
    }

    private RuleEffect.Webhook Webhook(RuleAction.Webhook webhook)
    {
        var about = scope.Find(webhook.Record ?? RuleScope.Record);
        var body = JsonSerializer.Serialize(webhook.Body.ToDictionary(member => member.Member, member => member.Value.In(scope)));
        return body.Length > LongestText
            ? throw new RuleRunException("the webhook's body is longer than 64 KB; name less in it")
            : new(webhook.Url, webhook.Secret, body, about?.Kind, about?.Id);
    }

    // Never half of a character that takes two.
    private static string Short(string? text, int most) =>
        text is null ? "" : text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];
}
