using Forge.Crm.Adapters.Postgres;
using Forge.Crm.LocalHost;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Schema;

public sealed class SchemaCommandTests
{
    [Fact]
    public async Task Without_arguments_it_prints_the_script()
    {
        var (code, text) = await RunAsync();
        code.ShouldBe(0);
        text.ShouldBe(SchemaScript.Idempotent());
        text.ShouldContain("create or replace function public.crm_capture_edit(");
    }

    [Fact]
    public async Task It_migrates_and_counts()
    {
        var database = await PostgresFixture.NewDatabaseAsync();
        var (code, migrated) = await RunAsync("--migrate", database);
        code.ShouldBe(0);
        (await RunAsync("--counts", database)).Text.ShouldBe(migrated);
        var counts = await SchemaCounts.ReadAsync(database, CancellationToken.None);
        counts.Tables.ShouldBe(TenantSeed.Tables.Count());
        counts.Indexes.ShouldBe(IndexUses.All.Count);
        migrated.ShouldStartWith($"{counts.Tables} tables, {counts.Indexes} indexes, {counts.Triggers} triggers, {counts.Policies} policies");
    }

    [Theory, InlineData("--counts"), InlineData("--drop", "x"), InlineData("--migrate", "x", "y")]
    public async Task Anything_else_is_answered_with_the_usage(params string[] arguments)
    {
        var (code, text) = await RunAsync(arguments);
        code.ShouldBe(2);
        text.ShouldContain("schema --counts");
    }

    private static async Task<(int Code, string Text)> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        var code = await SchemaCommand.RunAsync(arguments, output, CancellationToken.None);
        return (code, output.ToString());
    }
}
