using System.Net;
using System.Net.Sockets;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Notices;
using Forge.Crm.Tests.SupabaseProject;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Http;

/// <summary>Each platform's client with the handler that it has in production, over real sockets.</summary>
public sealed class CrmNetworkTests
{
    private static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-4111-8111-111111111111"));

    [Theory]
    [InlineData(Platform.HubSpot, 301)]
    [InlineData(Platform.HubSpot, 302)]
    [InlineData(Platform.HubSpot, 307)]
    [InlineData(Platform.Pipedrive, 302)]
    [InlineData(Platform.Pipedrive, 308)]
    [InlineData(Platform.SupabaseProject, 302)]
    [InlineData(Platform.SupabaseProject, 307)]
    public async Task A_redirect_is_an_error_and_whoever_it_names_is_never_asked(Platform platform, int status)
    {
        await using var there = await WebhookReceiver.StartAsync();
        await using var elsewhere = await WebhookReceiver.StartAsync();
        there.Answer = context =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (status, elsewhere.Address + context.Request.Path.Value![1..]);
            return Task.CompletedTask;
        };
        await using var services = Of(platform, there.Address);

        var e = await Should.ThrowAsync<CrmCallException>(() =>
            services.GetRequiredService<ICrmConnector>().Open(Tenant, SecretOf(platform), CallLane.Interactive).DescribeAsync(CancellationToken.None));

        ((int?)e.Status).ShouldBe(status);
        there.Calls.Count.ShouldBe(1);
        elsewhere.Calls.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    [InlineData(Platform.SupabaseProject)]
    public async Task A_host_whose_name_leads_inside_is_not_called(Platform platform)
    {
        using var inside = new TcpListener(IPAddress.Loopback, 0);
        inside.Start();
        await using var services = Of(platform, standIn: null);

        var e = await Should.ThrowAsync<CrmCallException>(() => AskAsync(services, platform, new($"http://localhost:{((IPEndPoint)inside.LocalEndpoint).Port}/v1/users/me")));

        e.Message.ShouldBe($"{platform} gave no answer: the host has no public address (GET /v1/users/me)");
        inside.Pending().ShouldBeFalse();
    }

    [Theory]
    [InlineData(Platform.HubSpot)]
    [InlineData(Platform.Pipedrive)]
    [InlineData(Platform.SupabaseProject)]
    public async Task A_stand_in_opens_this_machine_and_no_other_of_its_network(Platform platform)
    {
        await using var there = await WebhookReceiver.StartAsync();
        there.Answer = context => context.Response.WriteAsJsonAsync(new { });
        await using var services = Of(platform, there.Address);

        (await AskAsync(services, platform, new(there.Address, "v1/users/me"))).ShouldBe(HttpStatusCode.OK);

        (await Should.ThrowAsync<CrmCallException>(() => AskAsync(services, platform, new("http://169.254.169.254/v1/users/me")))).Message.ShouldContain("no public address");
    }

    private static ServiceProvider Of(Platform platform, Uri? standIn)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            [$"{platform}:BaseAddress"] = standIn?.ToString(),
        }.Where(row => row.Value is not null)).Build();
        var services = new ServiceCollection().AddLogging();
        return (platform switch
        {
            Platform.HubSpot => services.AddHubSpot(configuration),
            Platform.Pipedrive => services.AddPipedrive(configuration),
            _ => services.AddSupabaseProject(configuration),
        }).BuildServiceProvider();
    }

    private static string SecretOf(Platform platform) => platform switch
    {
        Platform.HubSpot => """{"accessToken":"pat-eu1-token"}""",
        Platform.Pipedrive => """{"apiToken":"token-1"}""",
        _ => ProjectBed.Secret,
    };

    private static async Task<HttpStatusCode> AskAsync(ServiceProvider services, Platform platform, Uri address)
    {
        var name = platform switch
        {
            Platform.HubSpot => HubSpotRegistration.ClientName,
            Platform.Pipedrive => PipedriveRegistration.ClientName,
            _ => SupabaseProjectRegistration.ClientName,
        };
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient(name);
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Options.Set(new HttpRequestOptionsKey<CrmCall>(CrmCall.OptionName), new CrmCall(Tenant, platform, [], CallLane.Interactive));
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
