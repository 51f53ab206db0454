using Forge.Crm.Adapters.Postgres.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Forge.Crm.Tests.Schema;

public sealed class ModelTests
{
    [Fact]
    public void The_migrations_say_what_the_model_says()
    {
        using var context = new CrmDbContextFactory().CreateDbContext([]);
        context.Database.HasPendingModelChanges().ShouldBeFalse();
    }

    [Fact]
    public async Task The_database_has_the_columns_of_the_model_and_no_others()
    {
        var database = await CrmDatabase.CreateAsync();
        var actual = await database.ColumnAsync(Caller.Owner, """
            select table_name || '.' || column_name || ' '
                || replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz') || case is_nullable when 'YES' then ' null' else '' end
            from information_schema.columns
            join pg_attribute a on a.attrelid = format('public.%I', table_name)::regclass and a.attname = column_name
            where table_schema = 'public'
            """);
        var model = Tables().SelectMany(table => table.Columns.Select(column =>
            $"{table.Name}.{column.Name} {column.StoreType.Replace("timestamp with time zone", "timestamptz", StringComparison.Ordinal)}{(column.IsNullable ? " null" : "")}"));
        actual.ShouldBe(model, ignoreOrder: true);
    }

    [Fact]
    public async Task The_database_has_the_keys_indexes_and_checks_of_the_model_and_no_others()
    {
        var database = await CrmDatabase.CreateAsync();
        var actual = await database.ColumnAsync(Caller.Owner, """
            select conname from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f', 'c')
            union
            select indexname from pg_indexes where schemaname = 'public'
            """);
        var model = Tables().SelectMany(table => table.ForeignKeyConstraints.Select(key => key.Name)
            .Concat(table.UniqueConstraints.Select(key => key.Name))
            .Concat(table.Indexes.Select(index => index.Name))
            .Concat(table.CheckConstraints.Select(check => check.Name)));
        actual.ShouldBe(model!, ignoreOrder: true);
    }

    [Fact]
    public async Task Every_table_can_be_read_through_the_model()
    {
        var database = await CrmDatabase.CreateAsync();
        var tenant = Guid.NewGuid();
        await TenantSeed.FillAsync(database, tenant);
        await using var context = new CrmDbContext(CrmDbContext.OptionsFor(database.ConnectionString));
        foreach (var entity in context.Model.GetEntityTypes())
        {
            var read = typeof(ModelTests).GetMethod(nameof(ReadAsync), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                .MakeGenericMethod(entity.ClrType);
            (await (Task<int>)read.Invoke(null, [context])!).ShouldBeGreaterThan(0, entity.GetTableName());
        }
    }

    private static async Task<int> ReadAsync<T>(CrmDbContext context)
        where T : class => (await context.Set<T>().AsNoTracking().ToListAsync()).Count;

    private static List<ITable> Tables()
    {
        using var context = new CrmDbContextFactory().CreateDbContext([]);
        return [.. context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables];
    }
}
