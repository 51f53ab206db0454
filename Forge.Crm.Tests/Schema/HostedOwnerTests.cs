using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Postgres.Model;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;

namespace Forge.Crm.Tests.Schema;

/// <summary>
/// A hosted database, as Supabase gives one: its owner is no superuser but may create roles, and new objects are handed to the API's roles
/// by default privileges.
/// </summary>
public sealed class HostedOwnerTests : IAsyncLifetime
{
    private readonly string _owner = $"hosted_{Guid.NewGuid():n}";
    private string _superuser = "";

    private string Hosted => new NpgsqlConnectionStringBuilder(_superuser) { Username = _owner, Password = "for-tests-only" }.ConnectionString;

    public async Task InitializeAsync()
    {
        _superuser = (await CrmDatabase.CreateAsync()).ConnectionString; // the roles are there
        _superuser = await PostgresFixture.NewDatabaseAsync();
        await ExecuteAsync(_superuser, $"""
            create role {_owner} login createrole password 'for-tests-only';
            -- what whoever creates a role has of it, since PostgreSQL 16 without its rights
            do $$
            begin
                execute 'grant crm_app, crm_relay, crm_router, crm_capture, crm_eraser to {_owner} with admin option'
                    || case when current_setting('server_version_num')::integer >= 160000 then ', inherit false, set false' else '' end;
            end
            $$;
            alter database {new NpgsqlConnectionStringBuilder(_superuser).Database} owner to {_owner};
            alter default privileges for role {_owner} in schema public grant all on tables to anon, authenticated, service_role;
            alter default privileges for role {_owner} in schema public grant all on sequences to anon, authenticated, service_role;
            alter default privileges for role {_owner} in schema public grant all on functions to anon, authenticated, service_role;
            """);
    }

    public async Task DisposeAsync() => await ExecuteAsync(_superuser, $"""
        reassign owned by {_owner} to current_user;
        drop owned by {_owner};
        drop role {_owner};
        """);

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_owner_who_is_no_superuser_migrates_and_is_left_with_no_special_membership(bool byScript)
    {
        if (byScript)
            await ExecuteAsync(Hosted, SchemaScript.Idempotent());
        await SchemaMigrator.MigrateAsync(Hosted, CancellationToken.None);
        await ExecuteAsync(Hosted, SchemaScript.Idempotent());

        var database = new CrmDatabase(_superuser);
        foreach (var rule in CatalogRules.All.Concat(RoleRules.All))
            (await database.ColumnAsync(Caller.Owner, rule.Offenders)).ShouldBeEmpty(rule.Name);
    }

    [Fact]
    public async Task There_the_owner_sees_no_tenants_rows_and_the_functions_do()
    {
        await SchemaMigrator.MigrateAsync(Hosted, CancellationToken.None);
        var database = new CrmDatabase(_superuser);
        var tenant = Guid.NewGuid();
        await TenantSeed.FillAsync(database, tenant);
        await database.ExecuteAsync(Caller.Person(tenant), "update crm_contacts set phone = '+1'");
        (await database.ScalarAsync<bool>(Caller.App(tenant), "select crm_erase_record($1, 'contact', id) from crm_contacts", tenant)).ShouldBeTrue();
        (await database.ScalarAsync<long>(Caller.App(tenant), "select count(*) from crm_outbox where kind = 'contact'")).ShouldBe(1);

        await using var owner = NpgsqlDataSource.Create(Hosted);
        await using var count = owner.CreateCommand("select count(*) from crm_contacts");
        (await count.ExecuteScalarAsync()).ShouldBe(0L);
    }

    [Fact]
    public async Task Ranks_of_before_are_completed_though_the_owner_sees_no_rows()
    {
        await using (var context = new CrmDbContext(CrmDbContext.OptionsFor(Hosted)))
            await context.GetService<IMigrator>().MigrateAsync("Initial");
        var database = new CrmDatabase(_superuser);
        var tenant = Guid.NewGuid();
        await database.ExecuteAsync(Caller.App(tenant), TenantSeed.InsertInto("crm_tenants"), tenant);
        foreach (var (platform, ranks) in new[] { ("hubspot", "{hubspot,hubspot}"), ("pipedrive", "{{pipedrive,supabase}}"), ("supabase", "{pipedrive,hubspot,supabase}") })
            await database.ExecuteAsync(Caller.App(tenant), $"insert into crm_sync_configs (tenant_id, platform, platform_ranks) values ($1, '{platform}', '{ranks}')", tenant);

        await SchemaMigrator.MigrateAsync(Hosted, CancellationToken.None);

        (await database.ColumnAsync(Caller.App(tenant), "select platform_ranks::text from crm_sync_configs order by platform"))
            .ShouldBe(["{hubspot,supabase,pipedrive}", "{pipedrive,supabase,hubspot}", "{pipedrive,hubspot,supabase}"]);
    }

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
