using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Engine;

/// <summary>What stays of custom fields that a write is not about, and what a field is that was mapped later.</summary>
public sealed class CustomFieldStoreTests : IAsyncLifetime
{
    private static readonly RecordShape Own = StandardFields.Contact.With([new("custom.shoe", FieldType.Number), new("custom.tags", FieldType.Set)]);

    private TenantShape _shape = new(Own);
    private StoreBed _bed = null!;

    public async Task InitializeAsync()
    {
        _bed = await StoreBed.CreateAsync(kind => kind == RecordKind.Contact ? _shape.Contact : StandardFields.Of(kind));
        _bed.Policy = StoreBed.PolicyOf(Platform.HubSpot);
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public async Task A_value_in_a_form_of_its_own_is_no_edit_when_another_field_is_written()
    {
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("email", "ann@example.com"), ("custom.shoe", "44"), ("custom.tags", "a;b")));
        (await CustomAsync()).ShouldBe("""{"shoe": 44, "tags": ["a", "b"]}""");
        await _bed.Hub.ExecuteAsync("""update crm_contacts set custom_fields = '{"shoe": "45.0", "tags": [2, 1], "other": true}'""");
        var history = await HistoryAsync();
        var stamps = await StampAsync("custom.shoe") + await StampAsync("custom.other");

        await _bed.ApplyAsync(_bed.Contact("1", 60, ("email", "eve@example.com")));

        (await CustomAsync()).ShouldBe("""{"shoe": "45.0", "tags": [2, 1], "other": true}""");
        (await StampAsync("custom.shoe") + await StampAsync("custom.other")).ShouldBe(stamps, "neither the mapped field's stamp nor that of a key that nobody maps");
        (await HistoryAsync()).ShouldBe([.. history, "email|hubspot"]);
    }

    [Fact]
    public async Task A_worker_that_does_not_know_a_field_yet_leaves_its_value_and_its_stamp()
    {
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("email", "ann@example.com"), ("custom.shoe", "44")));
        var stamp = await StampAsync("custom.shoe");
        _shape = new(StandardFields.Contact);
        await _bed.ApplyAsync(_bed.Contact("1", 60, ("email", "eve@example.com")));
        (await CustomAsync()).ShouldContain("\"shoe\": 44");
        (await StampAsync("custom.shoe")).ShouldBe(stamp);
    }

    [Fact]
    public async Task A_field_that_is_mapped_later_was_never_shown_and_the_hubs_own_value_is_due()
    {
        _shape = new(StandardFields.Contact);
        await _bed.Hub.ExecuteAsync($$"""insert into crm_contacts (tenant_id, email, custom_fields) values ('{{_bed.Hub.Id}}', 'ann@example.com', '{"shoe": 44}')""");
        var id = await _bed.OnlyContactAsync();
        await _bed.Hub.ExecuteAsync($"insert into crm_identities (tenant_id, kind, key, record_id) values ('{_bed.Hub.Id}', 'contact', 'email:ann@example.com', '{id}')");
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("email", "ann@example.com")));
        _bed.NamesOf(await _bed.LookAsync(id)).ShouldBeEmpty();

        _shape = new(Own);
        _bed.NamesOf(await _bed.LookAsync(id)).ShouldContain("custom.shoe");
    }

    [Theory]
    [InlineData(null, "44", "44")]
    [InlineData("45", "45.0", "45.0")]
    [InlineData("46", null, "46")]
    public async Task The_first_sight_of_a_field_takes_what_only_the_platform_has(string? theirs, string? ours, string expected)
    {
        _shape = new(StandardFields.Contact);
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("email", "ann@example.com")));
        if (ours is not null)
            await _bed.Hub.ExecuteAsync($$"""update crm_contacts set custom_fields = '{"shoe": {{ours}}}'""");
        _shape = new(Own);
        await _bed.ApplyAsync(_bed.Contact("1", -60, ("email", "ann@example.com"), ("custom.shoe", theirs)));
        (await _bed.Hub.ScalarAsync<string?>("select custom_fields ->> 'shoe' from crm_contacts")).ShouldBe(expected);
        (await HistoryAsync()).Count(row => row.StartsWith("custom.shoe", StringComparison.Ordinal)).ShouldBe(1);
    }

    private Task<string> CustomAsync() => _bed.Hub.ScalarAsync<string>("select custom_fields::text from crm_contacts")!;

    private async Task<string> StampAsync(string field) => await _bed.Hub.ScalarAsync<string>($"select field_stamps ->> '{field}' from crm_contacts") ?? "";

    private Task<List<string>> HistoryAsync() => _bed.Hub.RowsAsync("select field, source from crm_audit_log where field is not null order by id");

    private sealed record TenantShape(RecordShape Contact);
}
