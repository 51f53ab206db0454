using Forge.Crm.LocalAzure.Host;
using Microsoft.Extensions.Configuration;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class LocalSettingsTests
{
    [Fact]
    public async Task The_values_become_settings_and_never_replace_what_the_environment_says()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, """
            {
              "IsEncrypted": false, // as Core Tools write it
              "Values": { "HubSpot__ClientSecret": "from the file", "PATH": "from the file", "Count": 3, },
              "ConnectionStrings": { "Hub": "Host=here" }
            }
            """);
        var configuration = new ConfigurationManager();
        configuration.AddEnvironmentVariables();
        LocalSettings.AddTo(configuration, file);

        configuration["HubSpot:ClientSecret"].ShouldBe("from the file");
        configuration["Count"].ShouldBe("3");
        configuration["PATH"].ShouldNotBe("from the file");
        configuration.GetConnectionString("Hub").ShouldBe("Host=here");
    }

    [Fact]
    public void A_bus_connection_is_found_as_functions_find_it_or_its_lack_is_explained()
    {
        var configuration = new ConfigurationManager { ["Bus"] = "Host=a", ["ConnectionStrings:Other"] = "Host=b", ["Cloud:fullyQualifiedNamespace"] = "x" };

        configuration.BusConnectionString("Bus").ShouldBe("Host=a");
        configuration.BusConnectionString("Other").ShouldBe("Host=b");
        Should.Throw<InvalidOperationException>(() => configuration.BusConnectionString("Missing")).Message.ShouldContain("'Missing'");
        Should.Throw<InvalidOperationException>(() => configuration.BusConnectionString("Cloud")).Message.ShouldContain("local flavour");
    }
}
