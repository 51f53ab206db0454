using Forge.Crm.LocalHost.PostgreSql;

namespace Forge.Crm.Tests.PostgreSql;

public sealed class ServerAccountTests
{
    [Fact]
    public void Root_becomes_postgres_before_nobody_and_by_setpriv_before_runuser_and_su()
    {
        string[] passwd =
        [
            "root:x:0:0:root:/root:/bin/bash",
            "nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin",
            "postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash",
        ];
        var candidates = ServerAccount.Candidates(passwd).ToArray();
        candidates.Select(account => $"{account.Name} {account.Owner} {account.Launcher[0]}").ShouldBe(
        [
            "postgres 101:104 setpriv", "postgres 101:104 runuser", "postgres 101:104 su",
            "nobody 65534:65533 setpriv", "nobody 65534:65533 runuser", "nobody 65534:65533 su",
        ]);
    }

    [Fact]
    public void Without_such_a_user_there_is_nobody_to_become() =>
        ServerAccount.Candidates(["root:x:0:0:root:/root:/bin/bash", "broken line"]).ShouldBeEmpty();

    [Fact]
    public void A_command_is_put_behind_its_launcher_word_by_word()
    {
        var account = new ServerAccount("nobody", "65534:65534", ["runuser", "-u", "nobody", "--"]);
        var start = account.Describe("/pg/bin/initdb", ["-D", "a folder"]);
        start.FileName.ShouldBe("runuser");
        start.ArgumentList.ShouldBe(["-u", "nobody", "--", "/pg/bin/initdb", "-D", "a folder"]);
    }
}
