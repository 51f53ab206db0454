using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>The functions as they are deployed, on a hub of a test's own, beside a tenant's own project.</summary>
internal sealed class ProjectHost : IAsyncDisposable
{
    public const string WebhookSecret = "a-secret-of-at-least-24-bytes";

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler());
    private readonly string _secrets;

    private ProjectHost(HubDatabase hub, ProjectBed bed, LocalFunctions functions, string secrets) => (Hub, Bed, Functions, _secrets) = (hub, bed, functions, secrets);

    public HubDatabase Hub { get; }

    public ProjectBed Bed { get; }

    public LocalFunctions Functions { get; }

    public MappingSettings Mappings => Functions.Services.GetRequiredService<MappingSettings>();

    /// <param name="people">What stands in the project before it is connected, as SQL.</param>
    public static async Task<ProjectHost> StartAsync(string people)
    {
        var bed = await ProjectBed.StartAsync();
        await bed.ExecuteAsync(people);
        var hub = await HubDatabase.CreateAsync();
        var secrets = Path.Combine(Path.GetTempPath(), $"forge-{Guid.NewGuid():n}.json");
        var functions = await LocalFunctions.StartAsync(
            new(hub.ConnectionString, hub.AppConnectionString, hub.RelayConnectionString), secrets,
            new Dictionary<string, string?> { ["SupabaseProject:BaseAddress"] = bed.Simulator.BaseAddress.ToString(), ["SupabaseProject:CallsPerSecond"] = "1000" },
            CancellationToken.None);
        return new(hub, bed, functions, secrets);
    }

    /// <returns>The key of its webhooks' path.</returns>
    public async Task<string> ConnectAsync() => (await Functions.Sync.ConnectAsync(
        Hub.Id, Platform.SupabaseProject, CrmCredentials.SupabaseProject(new("https://abcdefghijklmnopqrst.supabase.co"), ProjectBed.Key, WebhookSecret), CancellationToken.None)).PathKey;

    public async Task MapAsync(string mapping) =>
        (await Mappings.SetAsync(Hub.Id, Platform.SupabaseProject, JsonElement.Parse(mapping), "ann", CancellationToken.None)).ShouldBeTrue();

    /// <summary>Asks the API as the tenant's administrator.</summary>
    public async Task<(int Status, string Body)> SendAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new(method), new Uri(Functions.Address, $"api/v1/{path}"))
        {
            Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new("Bearer", DemoToken.For(Hub.Id, Functions.JwtSecret));
        using var response = await _http.SendAsync(request, CancellationToken.None);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Functions.DisposeAsync();
        await Hub.DisposeAsync();
        await Bed.DisposeAsync();
        File.Delete(_secrets);
    }
}
