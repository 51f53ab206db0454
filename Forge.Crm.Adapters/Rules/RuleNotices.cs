using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;
using Npgsql;

namespace Forge.Crm.Adapters.Rules;

/// <summary>What rules tell somebody outside, as rows of the notices' outbox: written with the rule's other actions, sent after the commit, once.</summary>
internal static class RuleNotices
{
    private static readonly NoticeTarget Administrators = new NoticeTarget.Administrators();

    public static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, Rule rule, RuleEvent happened, IReadOnlyList<RuleEffect> effects)
    {
        Notice[] notices = [.. effects.Select((effect, i) => Of(rule, happened, effect, $"rule:{rule.Id}:{happened.Id}:{i}")).OfType<Notice>()];
        return notices.Length == 0 ? [] : [NoticeRows.Insert(tenant, notices)];
    }

    /// <summary>Administrators are told of a loop once a day for each rule.</summary>
    public static NpgsqlBatchCommand Stopped(TenantId tenant, Rule rule, RuleEvent happened, string reason) => NoticeRows.Insert(
        tenant,
        [
            new(Administrators, $"The rule '{rule.Name}' was stopped: it goes round in a circle",
                $"{Sentence(reason)}. Nothing more was done by it for this record. Look at what the rule sets and at what sets it off; GET /api/v1/rules/{rule.Id}/runs shows the runs.",
                $"rule.stopped:{rule.Id}:{happened.At:yyyy-MM-dd}", Cause(rule, happened), About(happened)),
        ]);

    public static NpgsqlBatchCommand SwitchedOff(TenantId tenant, Rule rule, RuleEvent happened, string reason) => NoticeRows.Insert(
        tenant,
        [
            new(Administrators, $"The rule '{rule.Name}' is switched off",
                $"It failed {RuleRunRows.MaxFailures} times in a row. The last time: {reason}. Mend it and switch it on again; GET /api/v1/rules/{rule.Id}/runs shows the runs.",
                $"rule.off:{rule.Id}:{rule.Version}:{happened.Id}", Cause(rule, happened)),
        ]);

    private static Notice? Of(Rule rule, RuleEvent happened, RuleEffect effect, string key) => effect switch
    {
        RuleEffect.Alert alert => new(
            alert.To is { } address ? new NoticeTarget.Address(address) : alert.Owner is { } owner ? new NoticeTarget.Owner(owner) : Administrators,
            alert.Subject, alert.Text, key, Cause(rule, happened), About(alert.Kind, alert.About)),
        RuleEffect.Webhook webhook => new(
            new NoticeTarget.Webhook(webhook.Url, webhook.Secret, webhook.Body), $"Rule '{rule.Name}'", "", key, Cause(rule, happened), About(webhook.Kind, webhook.About)),
        _ => null,
    };

    private static NoticeCause Cause(Rule rule, RuleEvent happened) => NoticeCause.Rule(rule.Id, $"{happened.Id}");

    private static NoticeRecord? About(RuleEvent happened) => About(happened.Kind, happened.RecordId);

    private static NoticeRecord? About(RecordKind? kind, Guid? id) => kind is { } of && id is { } about ? new(of, about) : null;

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}";
}
