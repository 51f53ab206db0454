namespace Forge.Crm.Tests.Schema;

/// <summary>What the tables of held fields, links and strategies take, and from whom.</summary>
public sealed class ReviewSchemaTests : IAsyncLifetime
{
    private const string Forbidden = "42501";
    private const string CheckViolation = "23514";

    private readonly Guid _tenant = Guid.NewGuid();
    private CrmDatabase _database = null!;

    private Caller Functions => Caller.App(_tenant);

    public async Task InitializeAsync()
    {
        _database = await CrmDatabase.SharedAsync();
        foreach (var table in new[] { "crm_tenants", "crm_sync_configs", "crm_conflict_records", "crm_record_links" })
            await _database.ExecuteAsync(Functions, TenantSeed.InsertInto(table), _tenant);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("{hubspot,pipedrive,supabase}", null)]
    [InlineData("{supabase_project,hubspot,pipedrive,supabase}", null)]
    [InlineData("{hubspot,pipedrive}", CheckViolation)]
    [InlineData("{hubspot,pipedrive,supabase_project}", CheckViolation)]
    [InlineData("{supabase_project,hubspot,pipedrive,supabase,supabase_project}", CheckViolation)]
    [InlineData("{hubspot,pipedrive,supabase,NULL}", CheckViolation)]
    [InlineData("{hubspot,pipedrive,supabase,hubspot}", CheckViolation)]
    [InlineData("{hubspot,hubspot,hubspot}", CheckViolation)]
    [InlineData("{hubspot,pipedrive,salesforce}", CheckViolation)]
    [InlineData("{hubspot,pipedrive,NULL}", CheckViolation)]
    [InlineData("{{hubspot},{pipedrive},{supabase}}", CheckViolation)]
    [InlineData("{}", CheckViolation)]
    public async Task Ranks_name_every_platform_exactly_once(string ranks, string? refusal) =>
        (await _database.RefusalAsync(Functions, $"update crm_sync_configs set platform_ranks = '{ranks}'")).ShouldBe(refusal);

    [Theory]
    [InlineData("crm_record_links", "state = 'creating', pushed = '{}'", null)]
    [InlineData("crm_record_links", "state = 'created'", CheckViolation)]
    [InlineData("crm_conflict_records", "reason = 'normal_forms'", null)]
    [InlineData("crm_conflict_records", "reason = 'whim'", CheckViolation)]
    [InlineData("crm_conflict_records", "reason = null", "23502")]
    public async Task States_and_reasons_are_closed_sets(string table, string set, string? refusal) =>
        (await _database.RefusalAsync(Functions, $"update {table} set {set}")).ShouldBe(refusal);

    [Theory, InlineData("viewer"), InlineData("member"), InlineData("admin")]
    public async Task People_read_conflicts_and_write_none(string role)
    {
        var person = Caller.Person(_tenant, role);
        (await _database.ColumnAsync(person, "select reason from crm_conflict_records")).ShouldBe(["review"]);
        foreach (var change in new[] { "update crm_conflict_records set state = 'resolved'", "delete from crm_conflict_records", "update crm_sync_configs set strategies = '{}'" })
            (await _database.RefusalAsync(person, change)).ShouldBe(Forbidden, change);
        (await _database.RefusalAsync(person, TenantSeed.InsertInto("crm_conflict_records"), _tenant)).ShouldBe(Forbidden);
    }
}
