using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Apps;

/// <summary>Messages as our apps send them, with Korean names, telephone numbers and won; a test changes the one thing that it is about.</summary>
internal static class AppMessages
{
    public static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    public static JsonObject Inquiry(TenantId tenant, string inquiry = "G2B-1", string email = "minsu.kim@haneul.example") => Message(tenant, "bidflow.inquiry.submitted", $$"""
        {
          "inquiry_id": "{{inquiry}}", "title": "스마트 교실 구축", "channel": "narajangteo",
          "contact": { "email": "{{email}}", "phone": "+82 10-1234-5678", "name": "김민수", "company_name": "하늘건설 주식회사", "job_title": "과장" },
          "estimated_value": { "amount": 45000000, "currency": "KRW" }, "closes_on": "2026-12-24", "message": "견적을 부탁드립니다."
        }
        """);

    /// <param name="minute">When it happened, before or after now.</param>
    public static JsonObject Transaction(TenantId tenant, string transaction, string status = "completed", int minute = 0, string store = "S-1") => At(minute, Message(tenant, "folio.transaction.completed", $$"""
        {
          "store": { "id": "{{store}}", "name": "한강서점" }, "transaction_id": "{{transaction}}", "status": "{{status}}", "amount": 12900, "currency": "KRW",
          "contact": { "email": "jiyoung@hangang.example", "family_name": "이", "given_name": "지영", "phone": "02-312-3456" }
        }
        """));

    public static JsonObject Signup(TenantId tenant, string student = "H-1", string email = "sujin.park@student.example") => Message(tenant, "hephaitos.student.signed_up", $$"""
        {
          "student_id": "{{student}}", "contact": { "email": "{{email}}", "phone": "010-9876-5432", "family_name": "박", "given_name": "수진" }, "course": { "name": "용접 기초" }
        }
        """);

    public static JsonObject Of(string type, TenantId tenant) => type.Split('.')[0] switch
    {
        "bidflow" => Inquiry(tenant),
        "folio" => Transaction(tenant, "T-1"),
        _ => Signup(tenant),
    };

    public static JsonObject With(this JsonObject message, string path, JsonNode? value)
    {
        var names = path.Split('.');
        var at = names[..^1].Aggregate(message, (node, name) => node[name]!.AsObject());
        if (value is null)
            at.Remove(names[^1]);
        else
            at[names[^1]] = value;
        return message;
    }

    public static byte[] Bytes(this JsonObject message) => JsonSerializer.SerializeToUtf8Bytes(message);

    private static JsonObject At(int minute, JsonObject message) => message.With("time", Now.AddMinutes(minute - 60).ToString("O"));

    private static JsonObject Message(TenantId tenant, string type, string data) => new()
    {
        ["specversion"] = "1.0",
        ["id"] = Guid.NewGuid().ToString(),
        ["source"] = $"urn:{type.Split('.')[0]}:tests",
        ["type"] = type,
        ["time"] = Now.ToString("O"),
        ["datacontenttype"] = "application/json",
        ["dataschema"] = $"urn:forge-crm:{type}:1",
        ["tenantid"] = tenant.ToString(),
        ["data"] = JsonNode.Parse(data),
    };
}
