using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Engine;

/// <summary>History as it stands in the database, folded back, is the row.</summary>
public sealed class HistoryTests : IAsyncLifetime
{
    private static readonly RecordShape[] Shapes =
    [
        .. Enum.GetValues<RecordKind>().Select(kind => StandardFields.Of(kind).With(
        [
            new("custom.shoe", FieldType.Number), new("custom.tags", FieldType.Set), new("custom.since", FieldType.Time),
            new("custom.vip", FieldType.Flag), new("custom.note", FieldType.Text),
        ])),
    ];

    private StoreBed _bed = null!;

    public async Task InitializeAsync()
    {
        _bed = await StoreBed.CreateAsync(kind => Shapes[(int)kind]);
        _bed.Policy = StoreBed.PolicyOf(Platform.HubSpot);
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory]
    [InlineData(RecordKind.Contact, "email, additional_emails, lead_value, owner_id", "' Ann@Example.com ', '{b@example.com,a@example.com}', 12.50, gen_random_uuid()")]
    [InlineData(RecordKind.Contact, "additional_emails, custom_fields", """'{}', '{"shoe": 44.50, "tags": ["b", "a"], "since": "2026-05-04 14:00+02", "vip": true, "note": "[not a set]"}'""")]
    [InlineData(RecordKind.Company, "name, employee_count, annual_revenue", "'Café', 1200, 999999999999.1234")]
    [InlineData(RecordKind.Deal, "name, amount, close_date, status, probability", "'Big', 0.10, '2026-02-28', 'won', 0.2")]
    [InlineData(RecordKind.Activity, "type, occurred_at, ends_at, duration_seconds", "'call', '2026-05-04 14:00:00.123456+02', '0001-01-01 00:00+00', 90")]
    [InlineData(RecordKind.Task, "subject, due_at, completed_at", "E'two\\nlines', '1999-12-31 23:59:59.9-11', null")]
    public async Task A_record_that_a_person_made_in_SQL(RecordKind kind, string columns, string values)
    {
        await _bed.Hub.ExecuteAsync($"set timezone = 'Asia/Kolkata'; insert into {Table(kind)} (tenant_id, id, {columns}) values ('{_bed.Hub.Id}', gen_random_uuid(), {values})");
        (await FoldAsync(kind)).Values.Count(value => value is not null).ShouldBeGreaterThan(1);
    }

    [Theory]
    [InlineData("email = 'Bob@Example.com', additional_emails = '{z@example.com,\"y@example.com\"}', lead_value = 100.1000")]
    [InlineData("email = null, additional_emails = null, lead_value = null, custom_fields = '{}'")]
    [InlineData("additional_emails = array_append(additional_emails, 'c@example.com'), owner_id = 'AAAAAAAA-0000-4000-8000-000000000001'")]
    [InlineData("""custom_fields = custom_fields || '{"shoe": 45, "tags": "x;b", "since": null, "note": {"deep": [1, 2]}}'""")]
    [InlineData("""custom_fields = custom_fields - 'tags' - 'vip'""")]
    [InlineData("deleted_at = now()")]
    public async Task A_record_of_a_platform_that_a_person_changed_in_SQL(string change)
    {
        await _bed.ApplyAsync(_bed.Contact(
            "1", -60, ("email", "ann@example.com"), ("additional_emails", "a@example.com;b@example.com"), ("lead_value", "12.5"),
            ("custom.shoe", "44"), ("custom.tags", "a;b"), ("custom.since", "2026-05-04T12:00:00Z"), ("custom.vip", "true"), ("custom.note", "[x]")));
        await FoldAsync(RecordKind.Contact);

        await _bed.Hub.ExecuteAsync($"update crm_contacts set {change}");
        await FoldAsync(RecordKind.Contact);

        // The engine goes on from there: what a person has not touched since, a later edit takes.
        await _bed.ApplyAsync(_bed.Contact("1", 60, ("email", "new@example.com"), ("lead_value", "7"), ("custom.shoe", "46.5"), ("custom.tags", "n")));
        var record = await FoldAsync(RecordKind.Contact);
        record.Values[Shapes[0].IndexOf("lead_value")].ShouldBe("7");
    }

    [Fact]
    public async Task Deleted_brought_back_merged_and_associated()
    {
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("first_name", "Ann")));
        await _bed.Hub.ExecuteAsync("delete from crm_contacts"); // which only marks it
        (await FoldAsync(RecordKind.Contact)).DeletedAt.ShouldNotBeNull();
        await _bed.Hub.ExecuteAsync("update crm_contacts set deleted_at = null");
        (await FoldAsync(RecordKind.Contact)).DeletedAt.ShouldBeNull();

        await _bed.Hub.ExecuteAsync($"""
            insert into crm_companies (tenant_id, id, name) values ('{_bed.Hub.Id}', gen_random_uuid(), 'Acme');
            insert into crm_associations (tenant_id, from_kind, from_id, to_kind, to_id)
            select '{_bed.Hub.Id}', 'contact', c.id, 'company', o.id from crm_contacts c, crm_companies o
            """);
        (await FoldAsync(RecordKind.Contact)).Associated.ShouldHaveSingleItem().Kind.ShouldBe(RecordKind.Company);
        await _bed.Hub.ExecuteAsync("delete from crm_associations");
        (await FoldAsync(RecordKind.Contact)).Associated.ShouldBeEmpty();

        await _bed.ApplyAsync(_bed.Contact("2", -50, ("first_name", "Anna")));
        await _bed.ApplyAsync(_bed.Contact("2", -40, ("first_name", "Anna")) with { MergedIds = ["1"] });
        var merged = await _bed.Hub.ScalarAsync<Guid>("select id from crm_contacts where merged_into_id is not null");
        (await FoldAsync(RecordKind.Contact, merged)).MergedIntoId.ShouldBe(await _bed.Hub.ScalarAsync<Guid>("select id from crm_contacts where merged_into_id is null"));

        await _bed.ApplyAsync(new RemoteChange(new(RemoteKind.Contact, "2"), null, new(ChangeType.Deleted, StoreBed.Start), [], [], new(CauseKind.Event, "3")));
        (await FoldAsync(RecordKind.Contact, await _bed.Hub.ScalarAsync<Guid>("select id from crm_contacts where merged_into_id is null"))).DeletedAt.ShouldBe(StoreBed.Start);
    }

    private static string Table(RecordKind kind) => Adapters.Postgres.RecordTable.NameOf(kind);

    private async Task<PastRecord> FoldAsync(RecordKind kind) => await FoldAsync(kind, await _bed.Hub.ScalarAsync<Guid>($"select id from {Table(kind)}"));

    /// <summary>Folds the history and holds it against the row.</summary>
    private async Task<PastRecord> FoldAsync(RecordKind kind, Guid id)
    {
        var shape = Shapes[(int)kind];
        var row = (await _bed.LoadAsync(kind, id)).Record(id)!;
        var folded = new RecordHistory(shape, TenantLocale.Default).Rebuild(await HistoryAsync(id))!;
        for (var i = 0; i < shape.Count; i++)
            folded.Values[i].ShouldBe(CanonicalOrItself(shape.Fields[i].Type, row.Values[i]), shape.Fields[i].Name);
        (folded.DeletedAt is null).ShouldBe(row.DeletedAt is null);
        folded.MergedIntoId.ShouldBe(row.MergedIntoId);
        return folded;
    }

    private static string? CanonicalOrItself(FieldType type, string? value)
    {
        try
        {
            return Canonical.Of(type, value, TenantLocale.Default);
        }
        catch (FormatException)
        {
            return value;
        }
    }

    private async Task<List<HistoryEntry>> HistoryAsync(Guid id)
    {
        await using var command = _bed.Hub.Owner.CreateCommand($"""
            select kind, action, field, old_value, new_value, source, changed_at, cause from crm_audit_log where record_id = '{id}' order by id
            """);
        await using var row = await command.ExecuteReaderAsync();
        var entries = new List<HistoryEntry>();
        while (await row.ReadAsync())
        {
            string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
            entries.Add(new(
                Names.Parse<RecordKind>(Text(0)!), id, Names.Parse<HistoryAction>(Text(1)!), Text(2), Text(3), Text(4),
                Names.Parse<Platform>(Text(5)!), row.GetFieldValue<DateTimeOffset>(6), new(Names.Parse<CauseKind>(Text(7)!), null)));
        }

        return entries;
    }
}
