using System.Reflection;
using System.Xml.Linq;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Functions.Webhooks;

namespace Forge.Crm.Tests.Architecture;

public sealed class LayerTests
{
    private static readonly Assembly Domain = typeof(BatchPlanner).Assembly;
    private static readonly Assembly Adapters = typeof(AdaptersRegistration).Assembly;
    private static readonly Assembly Functions = typeof(HubSpotWebhookFunction).Assembly;

    [Fact]
    public void The_domain_takes_nothing_but_the_runtime_and_what_reads_phone_numbers_templates_and_schemas() =>
        Domain.GetReferencedAssemblies().Select(a => a.Name!).Where(name => !name.StartsWith("System.", StringComparison.Ordinal))
            .ShouldBe(["PhoneNumbers", "Fluid", "Parlot", "JsonSchema.Net", "JsonPointer.Net"], ignoreOrder: true);

    [Fact]
    public void The_domain_does_no_io() =>
        Domain.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(name => name.StartsWith("System.Net.Http", StringComparison.Ordinal) || name.StartsWith("System.IO.", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void The_adapters_do_not_know_the_functions() =>
        Adapters.GetReferencedAssemblies().Select(a => a.Name!)
            .Where(name => name.StartsWith("Forge.Crm.Functions", StringComparison.Ordinal) || name.StartsWith("Forge.Crm.LocalHost", StringComparison.Ordinal))
            .ShouldBeEmpty();

    [Fact]
    public void The_functions_know_neither_the_local_host_nor_a_platforms_inside() =>
        Functions.GetReferencedAssemblies().Select(a => a.Name!).ShouldNotContain("Forge.Crm.LocalHost");

    [Fact]
    public void No_source_that_ships_is_compiled_conditionally()
    {
        var root = RepositoryFiles.Root();
        foreach (var project in new[] { "Forge.Crm.Domain", "Forge.Crm.Adapters", "Forge.Crm.Functions" })
        {
            Directory.EnumerateFiles(Path.Combine(root, project), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
                .Where(file => File.ReadLines(file).Any(line => line.TrimStart().StartsWith("#if", StringComparison.Ordinal)))
                .ShouldBeEmpty();
        }
    }

    [Fact]
    public void Every_package_has_one_version_in_one_place() =>
        Directory.EnumerateFiles(RepositoryFiles.Root(), "*.csproj", SearchOption.AllDirectories)
            .SelectMany(file => XDocument.Load(file).Descendants("PackageReference").Where(r => r.Attribute("Version") is not null).Select(_ => file))
            .ShouldBeEmpty();

    [Fact]
    public void The_infrastructure_makes_exactly_the_queues_that_the_code_names()
    {
        var made = System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Path.Combine(RepositoryFiles.Root(), "infra", "bicep", "messaging.bicep")), "'(crm-[a-z-]+)'");
        made.Select(match => match.Groups[1].Value).Distinct().ShouldBe(
            [Queues.Changes, Queues.SyncSteps, Queues.Pushes, Queues.Notices, Queues.Rules, Queues.BidflowEvents, Queues.FolioEvents, Queues.HephaitosEvents], ignoreOrder: true);
    }
}
