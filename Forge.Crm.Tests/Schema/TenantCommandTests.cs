using Forge.Crm.LocalHost;
using Forge.Crm.Tests.PostgreSql;

namespace Forge.Crm.Tests.Schema;

public sealed class TenantCommandTests : IAsyncLifetime
{
    private HubDatabase _hub = null!;

    public async Task InitializeAsync() => _hub = await HubDatabase.CreateAsync();

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_tenant_is_made_once_and_its_administrators_metadata_is_printed()
    {
        string[] words = ["acme", "--name", "Acme Robotics", "--admin", "ann@acme.example", "--zone", "Europe/Berlin", "--currency", "EUR", "--country", "DE"];
        var (code, text) = await RunAsync(words);

        code.ShouldBe(0);
        var rows = await _hub.RowsAsync($"select tenant_id, name, time_zone, default_currency, default_country from crm_tenants where tenant_id <> '{_hub.Id}'");
        var tenant = rows.ShouldHaveSingleItem().Split('|')[0];
        rows[0].ShouldBe($"{tenant}|Acme Robotics|Europe/Berlin|EUR|DE");
        (await _hub.ScalarAsync<string>($"select settings -> 'notices' ->> 'fallback' from crm_tenants where tenant_id = '{tenant}'")).ShouldBe("ann@acme.example");
        text.ShouldContain($$"""{"tenant_id":"{{tenant}}","crm_role":"admin"}""");
        text.ShouldContain($$"""update auth.users set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || '{"tenant_id":"{{tenant}}","crm_role":"admin"}' where email = 'ann@acme.example';""");
        (await _hub.RowsAsync($"select kind, action, actor, count(*) from crm_audit_log where tenant_id = '{tenant}' group by 1, 2, 3 order by 1"))
            .ShouldBe(["automation_rule|configure|tenant command|4", "tenant|configure|tenant command|1"]);
        (await PresetsAsync(tenant)).ShouldBe(["contact-on-reply", "deal-on-meeting", "task-on-proposal", "alert-at-risk"]);

        var (again, second) = await RunAsync([.. words[..^6], "--zone", "Asia/Tokyo"]);
        again.ShouldBe(0);
        second.ShouldContain("left as it is");
        second.ShouldContain("Europe/Berlin, EUR, DE");
        (await _hub.ScalarAsync<long>("select count(*) from crm_tenants")).ShouldBe(2);
        (await PresetsAsync(tenant)).Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_tenants_apps_are_named_with_it_and_bring_their_rules()
    {
        string[] words = ["acme", "--name", "Acme Robotics", "--admin", "ann@acme.example"];
        var (code, text) = await RunAsync([.. words, "--apps", "folio, bidflow"]);
        code.ShouldBe(0);
        text.ShouldContain("USD, US, with bidflow and folio");
        var tenant = (await _hub.RowsAsync($"select tenant_id from crm_tenants where apps = '{{bidflow,folio}}'")).ShouldHaveSingleItem();
        (await PresetsAsync(tenant)).ShouldBe(["contact-on-reply", "deal-on-meeting", "task-on-proposal", "alert-at-risk", "bidflow-inquiry", "folio-transaction"]);
        (await RunAsync(words)).Text.ShouldContain("with bidflow and folio");

        (code, text) = await RunAsync("other", "--name", "Other", "--admin", "ann@acme.example", "--apps", "bidflow,sales");
        code.ShouldBe(1);
        text.ShouldContain("'sales' is no PlatformApp; there are: bidflow, folio, hephaitos");
    }

    [Fact]
    public async Task A_key_that_is_anothers_gives_nobody_that_tenant()
    {
        await RunAsync("acme", "--name", "Acme Robotics", "--admin", "ann@acme.example");
        var (code, text) = await RunAsync("acme", "--name", "Acme Bakeries", "--admin", "eve@acme.example");
        code.ShouldBe(1);
        text.ShouldContain("belongs to the tenant 'Acme Robotics'");
        text.ShouldNotContain("app_metadata");
        (await RunAsync("acme-2", "--name", "Acme Bakeries", "--admin", "0f0c1f3e-0000-4000-8000-000000000001")).Text.ShouldContain("where id = '0f0c1f3e");
    }

    [Fact]
    public async Task The_first_administrator_is_made_where_the_users_are()
    {
        string[] words = ["acme", "--name", "Acme Robotics", "--admin", "Ann@acme.example", "--users", _hub.ConnectionString];
        var (code, text) = await RunAsync(words);
        code.ShouldBe(1);
        text.ShouldContain("has no auth.users");
        text.ShouldContain("where email = 'Ann@acme.example';");

        await _hub.ExecuteAsync("""
            create schema auth;
            create table auth.users (id uuid primary key, email varchar(255), raw_app_meta_data jsonb);
            insert into auth.users values
                ('0f0c1f3e-0000-4000-8000-000000000001', 'bob@acme.example', null),
                ('0f0c1f3e-0000-4000-8000-000000000002', 'two@acme.example', null), ('0f0c1f3e-0000-4000-8000-000000000003', 'two@acme.example', null);
            """);
        (code, text) = await RunAsync(words);
        code.ShouldBe(1);
        text.ShouldContain("There is no user Ann@acme.example in auth.users: invite them");
        text.ShouldContain("update auth.users set");

        await _hub.ExecuteAsync("""insert into auth.users values ('0f0c1f3e-0000-4000-8000-000000000004', 'ann@acme.example', '{"provider":"email"}')""");
        for (var time = 1; time <= 2; time++)
        {
            (code, text) = await RunAsync(words);
            code.ShouldBe(0);
            text.ShouldContain("Ann@acme.example is its administrator from their next sign-in on.");
            text.ShouldNotContain("update auth.users");
        }

        var acme = TenantCommand.IdOf("acme");
        (await _hub.RowsAsync("select email, raw_app_meta_data ->> 'provider', raw_app_meta_data ->> 'tenant_id', raw_app_meta_data ->> 'crm_role' from auth.users where raw_app_meta_data is not null"))
            .ShouldBe([$"ann@acme.example|email|{acme}|admin"]);
        (await RunAsync("acme", "--name", "Acme Robotics", "--admin", "0f0c1f3e-0000-4000-8000-000000000001", "--users", _hub.ConnectionString)).Code.ShouldBe(0);
        (await _hub.ScalarAsync<long>($"select count(*) from auth.users where raw_app_meta_data ->> 'tenant_id' = '{acme}'")).ShouldBe(2);
    }

    [Theory]
    [InlineData("two@acme.example", "There are several users two@acme.example")]
    [InlineData("taken@acme.example", "taken@acme.example belongs to tenant 0f0c1f3e-0000-4000-8000-00000000000a, and a user has one tenant")]
    public async Task Nobody_is_made_administrator_by_guessing_or_taken_from_another_tenant(string admin, string problem)
    {
        await _hub.ExecuteAsync("""
            create schema auth;
            create table auth.users (id uuid primary key, email varchar(255), raw_app_meta_data jsonb);
            insert into auth.users values
                ('0f0c1f3e-0000-4000-8000-000000000001', 'taken@acme.example', '{"tenant_id":"0f0c1f3e-0000-4000-8000-00000000000a"}'),
                ('0f0c1f3e-0000-4000-8000-000000000002', 'two@acme.example', null), ('0f0c1f3e-0000-4000-8000-000000000003', 'two@acme.example', null);
            """);
        var (code, text) = await RunAsync("acme", "--name", "Acme Robotics", "--admin", admin, "--users", _hub.ConnectionString);
        code.ShouldBe(1);
        text.ShouldContain(problem);
        (await _hub.ScalarAsync<long>("select count(*) from auth.users where raw_app_meta_data ->> 'crm_role' is not null")).ShouldBe(0);
    }

    [Theory]
    [InlineData("--zone", "Berlin", "is it Europe/Berlin")]
    [InlineData("--zone", "Europe/Atlantis", "Europe/Berlin, or UTC")]
    [InlineData("--zone", "CET", "is no IANA time zone")]
    [InlineData("--currency", "eur", "in capitals, e.g. EUR")]
    [InlineData("--currency", "XQQ", "is no ISO 4217 currency")]
    [InlineData("--country", "GER", "e.g. DE")]
    public async Task A_convention_that_there_is_not_is_refused_with_the_remedy(string option, string value, string remedy)
    {
        var (code, text) = await RunAsync("acme", "--name", "Acme", "--admin", "ann@acme.example", option, value);
        code.ShouldBe(1);
        text.ShouldContain(remedy);
        (await _hub.ScalarAsync<long>("select count(*) from crm_tenants")).ShouldBe(1);
    }

    [Theory]
    [InlineData("acme")]
    [InlineData("Acme Robotics", "--name", "x", "--admin", "a@b.example")]
    [InlineData("acme", "--name", "x", "--admin", "a'; drop table x; --")]
    [InlineData("acme", "--name", "x", "--admin", "a@b.example", "--role", "admin")]
    [InlineData("00000000-0000-0000-0000-000000000000", "--name", "x", "--admin", "a@b.example")]
    public async Task Anything_else_is_answered_with_the_usage(params string[] words)
    {
        var (code, text) = await RunAsync(words);
        code.ShouldBe(2);
        text.ShouldContain("tenant KEY --name NAME");
    }

    private Task<List<string>> PresetsAsync(string tenant) =>
        _hub.RowsAsync($"select preset from crm_automation_rules where tenant_id = '{tenant}' and enabled and checked_version is null order by position");

    private async Task<(int Code, string Text)> RunAsync(params string[] words)
    {
        await using var output = new StringWriter();
        var code = await TenantCommand.RunAsync([.. words, "--database", _hub.AppConnectionString], output, CancellationToken.None);
        return (code, output.ToString());
    }
}
