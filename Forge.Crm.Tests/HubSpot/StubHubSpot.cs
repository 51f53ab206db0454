using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>HubSpot's connector over an API that answers what the test says. Nothing waits: the clock moves as soon as somebody waits for it.</summary>
internal sealed class StubHubSpot : IDisposable
{
    public static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111"));
    private readonly ServiceProvider _services;

    public StubHubSpot(Func<StubRequest, HttpResponseMessage> answer, params (string Key, string Value)[] settings)
        : this((request, _) => Task.FromResult(answer(request)), settings)
    {
    }

    public StubHubSpot(Func<StubRequest, CancellationToken, Task<HttpResponseMessage>> answer, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(row => KeyValuePair.Create("HubSpot:" + row.Key, (string?)row.Value)))
            .Build();
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Time).AddHubSpot(configuration);
        services.AddHttpClient(HubSpotRegistration.ClientName).ConfigurePrimaryHttpMessageHandler(() => new Handler(answer, Requests));
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public WaitedClock Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), TimeSpan.FromSeconds(20));

    public List<StubRequest> Requests { get; } = [];

    public ICrmConnector Connector => _services.GetRequiredService<ICrmConnector>();

    public IServiceProvider Services => _services;

    public ICrmAccount Open(string secret = """{"accessToken":"pat-eu1-token"}""", CallLane lane = CallLane.Interactive, TenantId? tenant = null) =>
        Connector.Open(tenant ?? Tenant, secret, lane);

    public Task<T> RunAsync<T>(Task<T> call) => Time.RunAsync(call);

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    public void Dispose() => _services.Dispose();

    private sealed class Handler(Func<StubRequest, CancellationToken, Task<HttpResponseMessage>> answer, List<StubRequest> requests) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            var seen = new StubRequest(
                request.Method.Method, request.RequestUri!.GetComponents(UriComponents.PathAndQuery, UriFormat.Unescaped),
                body, request.Headers.Authorization?.ToString());
            lock (requests)
                requests.Add(seen);
            var response = await answer(seen, cancellationToken);
            response.RequestMessage = request;
            return response;
        }
    }
}

internal sealed record StubRequest(string Method, string Path, string Body, string? Authorization);
