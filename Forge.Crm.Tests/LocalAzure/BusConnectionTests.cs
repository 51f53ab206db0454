using Forge.Crm.LocalAzure.Bus;
using Npgsql;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class BusConnectionTests
{
    [Theory]
    [InlineData("Host=h", 16, 24)]
    [InlineData("Host=h;Maximum Pool Size=3;Max Auto Prepare=0", 3, 0)]
    [InlineData("Host=h;MaxPoolSize=5", 5, 24)]
    public async Task Few_connections_and_prepared_statements_unless_the_connection_string_says_otherwise(string given, int pool, int prepared)
    {
        await using var connection = new BusConnection(given);
        var settings = new NpgsqlConnectionStringBuilder(connection.Database.ConnectionString);
        (settings.MaxPoolSize, settings.MaxAutoPrepare).ShouldBe((pool, prepared));
    }
}
