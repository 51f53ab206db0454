using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>A mapping that contradicts itself, the hub or the project is refused, with the place and the remedy.</summary>
public sealed class ProjectMappingTests : IAsyncLifetime
{
    private ProjectBed _bed = null!;

    public async Task InitializeAsync() => _bed = await ProjectBed.StartAsync();

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Fact]
    public void What_is_not_said_is_called_as_it_usually_is()
    {
        var table = Read("""{"contact":{"table":"people","fields":{"email":"mail"}}}""").Tables.Single();
        (table.Id, table.UpdatedAt, table.CreatedAt, table.DeletedAt, table.Origin, table.SyncId).ShouldBe(("id", "updated_at", null, null, null, null));
        table.Columns.ShouldBe(["id", "updated_at", "mail"]);
    }

    [Fact]
    public void No_mapping_is_one_of_nothing()
    {
        Read("{}").Tables.ShouldBeEmpty();
        _bed.Connector.Of("{}", StandardFields.Of).Kinds.ShouldBeEmpty();
        _bed.Connector.Of(ProjectBed.Mapping, StandardFields.Of).Kinds.ShouldBe([RemoteKind.Company, RemoteKind.Contact, RemoteKind.Deal, RemoteKind.Call, RemoteKind.Meeting]);
    }

    [Theory]
    [InlineData("[]", "mapping is no JSON object; write")]
    [InlineData("{", "mapping is no JSON at line 1, byte 2")]
    [InlineData("""{"contact":{},"contact":{}}""", "names a member twice")]
    [InlineData("""{"person":{}}""", "mapping.\"person\" is no kind; there are: company, contact, deal, call, email, meeting, note, task, and beside them schema, owners, stages")]
    [InlineData("""{"lead":{}}""", "mapping.\"lead\" is no kind")]
    [InlineData("""{"contact":7}""", "mapping.\"contact\" is no object")]
    [InlineData("""{"contact":{"fields":{"email":"mail"}}}""", "mapping.\"contact\" names no table; write \"table\"")]
    [InlineData("""{"contact":{"table":"people"}}""", "mapping.\"contact\" maps no field; write \"fields\"")]
    [InlineData("""{"contact":{"table":"people","fields":{"mail":"mail"}}}""", "mapping.\"contact\".fields.\"mail\" is not known; there are: email, ")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":7}}}""", "mapping.\"contact\".fields.\"email\" is no text")]
    [InlineData("""{"contact":{"table":"people","field":{}}}""", "mapping.\"contact\".\"field\" is not known; there are: table, id")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"mail[]"}}}""", "the field holds one value and an array several")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"a,b"}}}""", "is no name of a table or a column")]
    [InlineData("""{"contact":{"table":"people?select=*","fields":{"email":"mail"}}}""", "mapping.\"contact\".table is no name")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"mail","phone":"mail"}}}""", "mapping.\"contact\" uses the column 'mail' twice")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"id"}}}""", "uses the column 'id' twice")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"mail"},"links":{"company":"mail"}}}""", "uses the column 'mail' twice")]
    [InlineData("""{"contact":{"table":"people","fields":{"owner_id":"staff"}}}""", "fields.\"owner_id\" names people whom nothing tells of; write \"owners\"")]
    [InlineData("""{"deal":{"table":"deals","fields":{"stage_id":"phase"}}}""", "names stages that nothing tells of; write \"stages\"")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"mail"},"links":{"deal":"d"}}}""", "links.\"deal\" is not known; there are: company")]
    [InlineData("""{"call":{"table":"a","fields":{"type":"type"}}}""", "fields.\"type\" is not known")]
    [InlineData("""{"call":{"table":"a","fields":{"subject":"s"}},"note":{"table":"a","fields":{"subject":"s"}}}""", "shares the table 'a' with note; tell them apart by \"where\"")]
    [InlineData("""{"call":{"table":"a","where":{"t":"x"},"fields":{"subject":"s"}},"note":{"table":"a","where":{"t":"x"},"fields":{"subject":"s"}}}""", "shares the table 'a'")]
    [InlineData("""{"call":{"table":"a","where":{"t":"x","u":"y"},"fields":{"subject":"s"}}}""", "where names not one column")]
    [InlineData("""{"owners":{"id":"x"}}""", "mapping.owners names no table")]
    [InlineData("""{"stages":{}}""", "mapping.stages is no list")]
    [InlineData("""{"stages":[{"label":"x"}]}""", "mapping.stages[0] has no id")]
    [InlineData("""{"stages":[{"id":"x"},{"id":"x","pipeline":"b"}]}""", "mapping.stages names an id twice")]
    [InlineData("""{"stages":[{"id":"x","status":"gone"}]}""", "mapping.stages[0].status is none of")]
    [InlineData("""{"stages":[{"id":"x","probability":50}]}""", "mapping.stages[0].probability is no number from 0 to 1")]
    public void A_contradiction_is_refused_with_its_place_and_the_remedy(string json, string message) =>
        Should.Throw<FormatException>(() => Read(json)).Message.ShouldContain(message);

    [Fact]
    public async Task A_mapping_that_fits_the_project_passes() => await CheckAsync(ProjectBed.Mapping);

    [Theory]
    [InlineData("""{"contact":{"table":"persons","fields":{"email":"mail"}}}""", "mapping.\"contact\": the project shows no table 'persons' to this key; there are: activities, deals")]
    [InlineData("""{"company":{"table":"firms","fields":{"name":"title"}}}""", "mapping.\"company\".fields.\"name\": 'firms' has no column 'title'; there are: id, name")]
    [InlineData("""{"contact":{"table":"people","fields":{"email":"mail"}}}""", "mapping.\"contact\".id: 'people' has no column 'id'")]
    [InlineData("""{"contact":{"table":"people","id":"mail","updated_at":"changed_at","fields":{"last_name":"nachname"}}}""", "'mail' is not alone the primary key of 'people', which is nr")]
    [InlineData("""{"contact":{"table":"odd","id":"a","fields":{"last_name":"b"}}}""", "'a' is not alone the primary key of 'odd', which is a, b")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"job","fields":{"email":"mail"}}}""", "mapping.\"contact\".updated_at: 'job' is of type character varying; it must be timestamp with time zone")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","origin":"worth","fields":{"email":"mail"}}}""", "mapping.\"contact\".origin: 'worth' is of type numeric; it must be text")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","fields":{"additional_emails":"other_mails"}}}""", "'other_mails' is of type text[]; write \"other_mails[]\"")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","fields":{"additional_emails":"mail[]"}}}""", "'mail' is of type text; write \"mail\"")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","fields":{"email":"mail"},"links":{"company":"firma"}}}""", "mapping.\"contact\".links.\"company\": 'people' has no column 'firma'")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","fields":{"last_name":"full_name"}}}""", "'full_name': the database computes this column; take it out of the mapping (428C9)")]
    [InlineData("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","forge_sync_id":"staff_id","fields":{"email":"mail"}}}""", "people.staff_id is not unique, so that a creation cannot be repeated safely; run: alter table people add unique (staff_id) (42P10)")]
    [InlineData("""{"contact":{"table":"initials","id":"nr","updated_at":"changed_at","fields":{"last_name":"letter"}}}""", "'initials' can only be read")]
    [InlineData("""{"owners":{"table":"staff","email":"e_mail"}}""", "mapping.owners.email: 'staff' has no column 'e_mail'")]
    public async Task One_that_does_not_fit_is_refused_with_its_place_and_the_remedy(string json, string message) =>
        (await Should.ThrowAsync<FormatException>(() => CheckAsync(json))).Message.ShouldContain(message);

    [Fact]
    public async Task Looking_whether_something_could_be_written_writes_nothing()
    {
        await _bed.PersonAsync("ann@x.example");
        var before = await _bed.ScalarAsync<string>("select string_agg(people::text || xmin, ',') from people");
        await CheckAsync(ProjectBed.Mapping);
        (await _bed.ScalarAsync<string>("select string_agg(people::text || xmin, ',') from people")).ShouldBe(before);
        (await _bed.ScalarAsync<long>("select (select count(*) from firms) + (select count(*) from deals) + (select count(*) from activities)")).ShouldBe(0);
    }

    [Fact]
    public async Task A_project_that_is_only_read_needs_no_leave_to_write() =>
        await _bed.Connector.Of("""{"contact":{"table":"people","id":"nr","updated_at":"changed_at","fields":{"last_name":"full_name"}}}""", StandardFields.Of)
            .ShouldBeOfType<SupabaseProjectConnector>().CheckAsync(ProjectBed.Tenant, ProjectBed.Secret, isWritten: false, CancellationToken.None);

    [Fact]
    public void A_field_of_the_tenants_own_is_a_column_like_any_other()
    {
        const string json = """{"contact":{"table":"people","fields":{"email":"mail","custom.region":"gebiet","custom.tags":"schlagworte[]"}}}""";
        var shape = StandardFields.Contact.With([new("custom.region", FieldType.Text), new("custom.tags", FieldType.Set)]);
        RecordShape ShapeOf(RecordKind kind) => kind == RecordKind.Contact ? shape : StandardFields.Of(kind);
        var fields = _bed.Connector.Of(json, ShapeOf).MapperOf(RemoteKind.Contact, shape)
            .Read(column => column == "gebiet" ? "Nord" : column == "schlagworte" ? "b;a" : null, (_, _) => new(DateTimeOffset.UnixEpoch, Platform.SupabaseProject), Domain.Mapping.Lookups.None(TenantLocale.Default));
        (fields[shape.IndexOf("custom.region")].Value, fields[shape.IndexOf("custom.tags")].Value).ShouldBe(("Nord", "a;b"));
        Should.Throw<FormatException>(() => Read(json)).Message.ShouldContain("mapping.\"contact\".fields.\"custom.region\" is not known; there are: email, ");
    }

    private Task CheckAsync(string json) =>
        ((SupabaseProjectConnector)_bed.Connector.Of(json, StandardFields.Of)).CheckAsync(ProjectBed.Tenant, ProjectBed.Secret, isWritten: true, CancellationToken.None);

    private static SupabaseProjectMapping Read(string json) => SupabaseProjectDocument.Read(json, StandardFields.Of);
}
