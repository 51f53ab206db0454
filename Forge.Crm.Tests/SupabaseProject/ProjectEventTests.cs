using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>What a database webhook tells, and what it does not.</summary>
public sealed class ProjectEventTests
{
    private static readonly DateTimeOffset Now = new(2026, 10, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 10, 1, 11, 59, 59, TimeSpan.Zero).AddMicroseconds(123_456);
    private static readonly SupabaseProjectMapping Mapping = SupabaseProjectDocument.Read(ProjectBed.Mapping, StandardFields.Of);

    [Theory]
    [InlineData("insert", ChangeType.Created, "ada@example.com Ada")]
    [InlineData("update", ChangeType.Changed, " Ada B.")]
    [InlineData("delete", ChangeType.Deleted, "")]
    public void The_documented_payloads_are_read(string name, ChangeType type, string told)
    {
        var mapping = SupabaseProjectDocument.Read("""{"contact":{"table":"contacts","deleted_at":"deleted_at","fields":{"email":"email","first_name":"first_name"}}}""", StandardFields.Of);
        var raw = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", $"supabase-webhook-{name}.json"));
        var item = SupabaseProjectWebhook.Read(raw, Now, mapping);
        (item.Reading, item.Event.Type, item.Event.Ref).ShouldBe((SupabaseProjectReading.Usable, type, new RemoteRef(RemoteKind.Contact, "7f1d0a44-0000-4000-8000-000000000001")));
        var changes = item.Event.Changes ?? new Dictionary<string, string?>();
        (type == ChangeType.Deleted ? "" : $"{changes.GetValueOrDefault("email")} {changes["first_name"]}").ShouldBe(told);
        item.Event.OccurredAt.ShouldBe(type == ChangeType.Deleted ? Now : new DateTimeOffset(2026, 9, 21, 12, 0, 0, TimeSpan.Zero).AddMicroseconds(123_456));
    }

    [Fact]
    public void An_update_tells_the_mapped_columns_that_changed_and_when()
    {
        var read = Read("UPDATE", Person(("vorname", "New"), ("job", null), ("secret_note", "new")), Person(("vorname", "Old"), ("job", "CEO"), ("secret_note", "old")));
        read.Event.Changes.ShouldBe(new Dictionary<string, string?> { ["vorname"] = "New", ["job"] = null }, ignoreOrder: true);
        (read.Event.OccurredAt, read.Event.Version, read.Event.ReceivedAt).ShouldBe((At, At, Now));
    }

    [Fact]
    public void Without_the_row_of_before_nothing_is_told_but_that_it_changed()
    {
        var read = Read("UPDATE", Person(("vorname", "New")), null);
        (read.Event.Type, read.Event.Told.Any()).ShouldBe((ChangeType.Changed, false));
    }

    [Fact]
    public void Setting_and_emptying_the_column_of_deletions_deletes_and_restores()
    {
        var (live, deleted) = (Person(), Person(("removed_at", "2026-10-01T11:00:00+02:00")));
        Read("UPDATE", deleted, live).Event.ShouldSatisfyAllConditions(e => e.Type.ShouldBe(ChangeType.Deleted), e => e.OccurredAt.ShouldBe(At));
        Read("UPDATE", live, deleted).Event.Type.ShouldBe(ChangeType.Restored);
        Read("UPDATE", deleted, deleted).Event.ShouldSatisfyAllConditions(
            e => e.Type.ShouldBe(ChangeType.Deleted), e => e.OccurredAt.ShouldBe(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero)));
        Read("INSERT", deleted, null).Event.Type.ShouldBe(ChangeType.Deleted);
    }

    [Theory]
    [InlineData("UPDATE", "forge:1", null, true)]
    [InlineData("UPDATE", "forge:2", "forge:1", true)]
    [InlineData("UPDATE", "forge:1", "forge:1", false)]
    [InlineData("UPDATE", "app", "forge:1", false)]
    [InlineData("UPDATE", null, "forge:1", false)]
    [InlineData("INSERT", "forge:1", null, true)]
    [InlineData("INSERT", null, null, false)]
    public void Our_own_write_is_known_by_its_new_mark_and_an_edit_of_a_row_that_we_wrote_is_not_taken_for_one(string type, string? mark, string? before, bool isOurs)
    {
        var read = Read(type, Person(("written_by", mark), ("job", "CEO")), type == "INSERT" ? null : Person(("written_by", before)));
        (read.Reading, read.Reason).ShouldBe(isOurs ? (SupabaseProjectReading.NotUsed, "our own write") : (SupabaseProjectReading.Usable, null));
    }

    [Fact]
    public void A_deletion_is_taken_whoever_wrote_last() =>
        Read("DELETE", null, Person(("written_by", "forge:1"))).Event.Type.ShouldBe(ChangeType.Deleted);

    [Fact]
    public void Kinds_that_share_a_table_are_told_apart_and_a_row_may_change_from_one_to_none()
    {
        JsonObject Activity(string type) => new() { ["id"] = "7", ["type"] = type, ["title"] = "T", ["updated_at"] = "2026-10-01T11:59:59.123456+00:00" };
        Read("INSERT", Activity("meeting"), null, "activities").Event.Ref.ShouldBe(new(RemoteKind.Meeting, "7"));
        Read("INSERT", Activity("lunch"), null, "activities").ShouldSatisfyAllConditions(read => read.Reading.ShouldBe(SupabaseProjectReading.NotUsed), read => read.Reason.ShouldBe("not mapped"));
        Read("UPDATE", Activity("lunch"), Activity("call"), "activities").Event.ShouldSatisfyAllConditions(
            e => e.Type.ShouldBe(ChangeType.Deleted), e => e.Ref.ShouldBe(new(RemoteKind.Call, "7")));
        Read("DELETE", null, Activity("call"), "activities").Event.Ref.ShouldBe(new(RemoteKind.Call, "7"));
    }

    [Fact]
    public void Ids_of_any_size_and_type_are_texts()
    {
        JsonObject Firm(JsonNode id) => new() { ["id"] = id, ["name"] = "Acme", ["updated_at"] = "2026-10-01T11:59:59.123456+00:00" };
        Read("INSERT", Firm(9_223_372_036_854_775_807), null, "firms").Event.Ref.ShouldBe(new(RemoteKind.Company, "9223372036854775807"));
        Read("INSERT", Firm("O'Neill, \"1\""), null, "firms").Event.Ref.ShouldBe(new(RemoteKind.Company, "O'Neill, \"1\""));
    }

    [Theory]
    [InlineData("<html>503</html>", "is not JSON")]
    [InlineData("""{"type":"UPDATE","table":"people","record":{"nr":"1" """, "is not JSON")]
    [InlineData("[]", "is no object")]
    [InlineData("{}", "has no type that there is")]
    [InlineData("""{"type":"TRUNCATE","table":"people"}""", "has no type that there is")]
    [InlineData("""{"type":7,"table":"people"}""", "has no type that there is")]
    [InlineData("""{"type":"INSERT","record":{}}""", "has no table")]
    [InlineData("""{"type":"UPDATE","table":"people","record":null,"old_record":{}}""", "has no row")]
    [InlineData("""{"type":"DELETE","table":"people","record":{},"old_record":null}""", "has no row")]
    [InlineData("""{"type":"INSERT","table":"people","record":{"nr":"\u0000ann@secret.example"}}""", "holds U+0000")]
    public void What_cannot_be_read_says_why_and_nothing_of_its_values(string body, string reason)
    {
        var read = SupabaseProjectWebhook.Read(Encoding.UTF8.GetBytes(body), Now, Mapping);
        (read.Reading, read.Event.Type).ShouldBe((SupabaseProjectReading.Unreadable, ChangeType.Unknown));
        read.Reason!.ShouldContain(reason);
        read.Reason!.ShouldNotContain("secret.example");
    }

    [Theory]
    [InlineData("""{"type":"INSERT","table":"people","record":{"mail":"no id"}}""")]
    [InlineData("""{"type":"INSERT","table":"people","record":{"nr":null}}""")]
    [InlineData("""{"type":"INSERT","table":"elsewhere","record":{"nr":"1"}}""")]
    public void What_is_not_mapped_is_put_aside(string body) =>
        SupabaseProjectWebhook.Read(Encoding.UTF8.GetBytes(body), Now, Mapping).Reading.ShouldBe(SupabaseProjectReading.NotUsed);

    [Fact]
    public void A_time_that_is_none_is_that_of_the_delivery()
    {
        var person = Person();
        person["changed_at"] = "infinity";
        Read("INSERT", person, null).Event.ShouldSatisfyAllConditions(e => e.OccurredAt.ShouldBe(Now), e => e.Version.ShouldBeNull());
    }

    [Fact]
    public void A_table_of_another_schema_is_another_table()
    {
        var mapping = Mapping with { Schema = "crm" };
        SupabaseProjectWebhook.Read(Body("INSERT", Person(), null, "people"), Now, mapping).Reading.ShouldBe(SupabaseProjectReading.NotUsed);
    }

    private static SupabaseProjectDelivery Read(string type, JsonObject? record, JsonObject? old, string table = "people") =>
        SupabaseProjectWebhook.Read(Body(type, record, old, table), Now, Mapping);

    private static byte[] Body(string type, JsonObject? record, JsonObject? old, string table) => JsonSerializer.SerializeToUtf8Bytes(new JsonObject
    {
        ["type"] = type,
        ["table"] = table,
        ["schema"] = "public",
        ["record"] = record?.DeepClone(),
        ["old_record"] = old?.DeepClone(),
    });

    private static JsonObject Person(params (string Column, string? Value)[] values)
    {
        var row = new JsonObject { ["nr"] = "7f1d0a44-0000-4000-8000-000000000001", ["mail"] = "ann@x.example", ["changed_at"] = "2026-10-01T13:59:59.123456+02:00" };
        foreach (var (column, value) in values)
            row[column] = value;
        return row;
    }
}
