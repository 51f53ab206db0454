using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Writing;

/// <summary>A canonical value for every field that some platform takes.</summary>
internal static class WriterSamples
{
    private static readonly Dictionary<RecordKind, (string Field, string? Value)[]> Values = new()
    {
        [RecordKind.Contact] =
        [
            ("email", "zoë@example.com"), ("additional_emails", "a@example.com;b@example.com"), ("first_name", "Zoë"), ("last_name", "O'Hara \"Z\""),
            ("phone", "+12025550100"), ("mobile_phone", "+12025550101"), ("job_title", "CTO"), ("company_name", "Łódź & Co"), ("website", "https://zoe.example.com"),
            ("street", "Main St 5"), ("city", "Köln"), ("state", "NRW"), ("postal_code", "50667"), ("country", "Germany"), ("lifecycle_stage", "lead"), ("lead_status", "NEW"),
        ],
        [RecordKind.Company] =
        [
            ("name", "Łódź & Co"), ("domain", "acme.example.com"), ("phone", "+12025550100"), ("website", "https://acme.example.com/de"), ("industry", "BANKING"),
            ("employee_count", "50"), ("annual_revenue", "1000000.5"), ("street", "Main St 5"), ("city", "Köln"), ("state", "NRW"), ("postal_code", "50667"),
            ("country", "Germany"), ("description", "Line 1\nLine 2"), ("lifecycle_stage", "customer"),
        ],
        [RecordKind.Deal] =
        [
            ("name", "Big deal"), ("amount", "1234.56"), ("currency", "USD"), ("close_date", "2026-12-24"), ("deal_type", "newbusiness"),
            ("description", "A\nB"), ("probability", "0.25"),
        ],
        [RecordKind.Activity] =
        [
            ("subject", "Intro"), ("body", "Hello"), ("location", "Here"), ("occurred_at", "2026-09-22T15:00:00Z"), ("ends_at", "2026-09-22T15:30:00Z"),
            ("duration_seconds", "1800"),
        ],
        [RecordKind.Task] = [("subject", "Call back"), ("body", "Soon"), ("status", "completed"), ("priority", "high"), ("type", "task"), ("due_at", "2026-09-22T15:00:00Z")],
    };

    /// <summary>The words of one kind of activity are not those of another.</summary>
    private static readonly Dictionary<RemoteKind, (string Field, string? Value)[]> More = new()
    {
        [RemoteKind.Call] = [("direction", "inbound"), ("outcome", "no_answer")],
        [RemoteKind.Email] = [("direction", "forwarded"), ("outcome", "sent")],
        [RemoteKind.Meeting] = [("outcome", "completed")],
    };

    // A platform refuses to clear these, or has no empty value of them.
    private static readonly HashSet<string> Required =
        ["name", "first_name", "subject", "occurred_at", "due_at", "type", "status", "direction", "owner_id", "stage_id", "pipeline_id", "amount", "currency"];

    public static bool IsRequired(string field) => Required.Contains(field);

    public static IEnumerable<(string Field, string? Value)> Of(RemoteKind kind, Lookups lookups)
    {
        var values = Values[kind.ToRecordKind()].Concat(More.GetValueOrDefault(kind, [])).Append(("owner_id", lookups.Owners[^1].OwnerId.ToString()));
        if (kind != RemoteKind.Deal)
            return values;
        var stage = lookups.Stages.First(stage => stage.Status == "open");
        return values.Append(("stage_id", stage.StageId.ToString())).Append(("pipeline_id", stage.PipelineId.ToString()));
    }
}
