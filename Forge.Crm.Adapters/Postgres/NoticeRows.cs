using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>Rows of <c>crm_notices</c>, written in the transaction that makes true what they tell; after its commit somebody rings.</summary>
internal static class NoticeRows
{
    private const string InsertRows = """
        insert into crm_notices
               (tenant_id, id, target, owner_id, address, secret_name, subject, body, payload, kind, record_id, cause, rule_id, event_id, dedupe_key)
        select $1, n.*
          from unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            as n(id, target, owner_id, address, secret_name, subject, body, payload, kind, record_id, cause, rule_id, event_id, dedupe_key)
            on conflict (tenant_id, dedupe_key) do nothing
        """;

    /// <returns>Affects a row for each that is new: where the key is there already nothing is written.</returns>
    public static NpgsqlBatchCommand Insert(TenantId tenant, IReadOnlyList<Notice> notices)
    {
        var forms = notices.Select(notice => NoticeForm.Of(notice.To)).ToList();
        return Sql.Command(
            InsertRows, Sql.Value(tenant.Value), Sql.Array(notices.Select(_ => Guid.CreateVersion7())),
            Sql.Array(forms.Select(form => form.Target)), Sql.Array(forms.Select(form => form.OwnerId)),
            Sql.Array(forms.Select(form => form.Address)), Sql.Array(forms.Select(form => form.Secret)),
            Sql.Array(notices.Select(notice => notice.Subject)), Sql.Array(notices.Select(notice => notice.Text)), Sql.Array(forms.Select(form => form.Payload)),
            Sql.Array(notices.Select(notice => notice.About?.Kind.ToName())), Sql.Array(notices.Select(notice => notice.About?.Id)),
            Sql.Array(notices.Select(notice => notice.Cause.Name)), Sql.Array(notices.Select(notice => notice.Cause.RuleId)),
            Sql.Array(notices.Select(notice => notice.Cause.EventId)), Sql.Array(notices.Select(notice => notice.Key)));
    }
}

/// <summary>A <see cref="NoticeTarget"/> as the columns hold it.</summary>
internal readonly record struct NoticeForm(string Target, Guid? OwnerId = null, string? Address = null, string? Secret = null, string? Payload = null)
{
    private static readonly NoticeTarget Administrators = new NoticeTarget.Administrators();

    public static NoticeForm Of(NoticeTarget target) => target switch
    {
        NoticeTarget.Owner owner => new("owner", owner.Id),
        NoticeTarget.Address address => new("address", Address: NoticeText.Line(address.Mail, int.MaxValue)),
        NoticeTarget.Webhook webhook => new(
            "webhook", Address: NoticeText.Line(webhook.Url.OriginalString, int.MaxValue), Secret: NoticeText.Line(webhook.Secret, int.MaxValue), Payload: Valid(webhook.Body)),
        _ => new("administrators"),
    };

    public NoticeTarget ToTarget() => Target switch
    {
        "owner" => new NoticeTarget.Owner(OwnerId!.Value),
        "address" => new NoticeTarget.Address(Address!),
        "webhook" => new NoticeTarget.Webhook(new(Address!, UriKind.RelativeOrAbsolute), Secret!, Payload!),
        _ => Administrators,
    };

    // What JSON may hold in no form: PostgreSQL and UTF-8 do not either.
    private static string Valid(string json) => string.Concat(json.EnumerateRunes()).Replace("\0", "", StringComparison.Ordinal);
}
