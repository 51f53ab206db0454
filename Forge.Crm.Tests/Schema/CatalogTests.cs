using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>Every object keeps the rules, and every rule can tell one that does not.</summary>
public sealed class CatalogTests
{
    public static TheoryData<string> Rules => [.. AllRules.Select(rule => rule.Name)];

    public static TheoryData<string> BreakableRules => [.. AllRules.Where(rule => rule.Breaking != "").Select(rule => rule.Name)];

    // Only ever read, so one for all.
    private static readonly Lazy<Task<CrmDatabase>> Untouched = new(CrmDatabase.CreateAsync);

    private static IEnumerable<CatalogRule> AllRules => CatalogRules.All.Concat(RoleRules.All);

    [Theory, MemberData(nameof(Rules))]
    public async Task Every_object_keeps_the_rule(string name) =>
        (await (await Untouched.Value).ColumnAsync(Caller.Owner, Rule(name).Offenders)).ShouldBeEmpty();

    [Theory, MemberData(nameof(BreakableRules))]
    public async Task The_rule_notices_what_breaks_it(string name)
    {
        var database = await CrmDatabase.CreateAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var command = source.CreateCommand(
            "create table crm_leases_bad (fence bigint, tenant_id uuid, unique (fence, tenant_id));" + Rule(name).Breaking);
        await command.ExecuteNonQueryAsync();
        (await database.ColumnAsync(Caller.Owner, $"select * from ({Rule(name).Offenders}) as offender where offender::text not like '%crm_leases_bad%'")).ShouldNotBeEmpty();
    }

    private static CatalogRule Rule(string name) => AllRules.Single(rule => rule.Name == name);
}
