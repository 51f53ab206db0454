using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>The few forms of columns, checks and indexes that every table repeats.</summary>
internal static class ColumnRules
{
    /// <summary>The tenant of the caller, for people who insert through PostgREST and the like without naming it.</summary>
    internal const string TenantOfCaller = "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())";

    /// <summary>A default in the database; the model still sends its own value, so that false and 0 arrive as they are.</summary>
    internal static PropertyBuilder<T> Default<T>(this PropertyBuilder<T> column, string sql)
    {
        column.HasDefaultValueSql(sql).ValueGeneratedNever();
        return column;
    }

    /// <summary>Gives the column a value that the database makes when none is given.</summary>
    internal static PropertyBuilder<T> Made<T>(this PropertyBuilder<T> column, string sql) => column.HasDefaultValueSql(sql);

    /// <summary>A json document, never null.</summary>
    internal static PropertyBuilder<string> Json(this PropertyBuilder<string> column) =>
        column.HasColumnType("jsonb").Default("'{}'::jsonb");

    /// <summary>An amount of money, or a number of the same width.</summary>
    internal static PropertyBuilder<T> Money<T>(this PropertyBuilder<T> column) => column.HasColumnType("numeric(19,4)");

    /// <summary>A sum of amounts: of as many as there may be.</summary>
    internal static PropertyBuilder<T> SumOfMoney<T>(this PropertyBuilder<T> column) => column.HasColumnType("numeric(28,4)");

    /// <summary>Allows the text column only these values (null passes, where the column allows it).</summary>
    internal static TableBuilder<T> OneOf<T>(this TableBuilder<T> table, string column, params string[] values)
        where T : class
    {
        table.HasCheckConstraint($"ck_{table.Name}_{column}", $"{column} in ({Quoted(values)})");
        return table;
    }

    /// <summary>Allows the text array only these elements.</summary>
    internal static TableBuilder<T> AllOf<T>(this TableBuilder<T> table, string column, params string[] values)
        where T : class
    {
        table.HasCheckConstraint($"ck_{table.Name}_{column}", $"{column} <@ array[{Quoted(values)}]::text[]");
        return table;
    }

    /// <summary>Asks of the text array each of these elements once, in any order; one more may be among them.</summary>
    internal static TableBuilder<T> EachOf<T>(this TableBuilder<T> table, string column, string[] values, string optional)
        where T : class
    {
        table.HasCheckConstraint(
            $"ck_{table.Name}_{column}",
            $"{column} @> array[{Quoted(values)}]::text[] and array_ndims({column}) = 1 "
                + $"and cardinality({column}) = {values.Length} + ({column} @> array['{optional}']::text[])::int");
        return table;
    }

    /// <summary>Allows the whole number only this range, ends included.</summary>
    internal static TableBuilder<T> Between<T>(this TableBuilder<T> table, string column, int low, int high)
        where T : class
    {
        table.HasCheckConstraint($"ck_{table.Name}_{column}", $"{column} between {low} and {high}");
        return table;
    }

    /// <summary>An index with a name of ours, which the naming convention would otherwise replace.</summary>
    internal static IndexBuilder<T> Index<T>(this EntityTypeBuilder<T> table, string name, Expression<Func<T, object?>> columns)
        where T : class => table.HasIndex(columns, name).HasDatabaseName(name);

    private static string Quoted(string[] values) => string.Join(", ", values.Select(value => $"'{value}'"));
}
