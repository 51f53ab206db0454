using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>Pipedrive's connector over an API that answers what the test says. Nothing waits: the clock moves as soon as somebody waits for it.</summary>
internal sealed class StubPipedrive : IDisposable
{
    public static readonly TenantId Tenant = new(Guid.Parse("11111111-1111-1111-1111-111111111111"));
    private readonly ServiceProvider _services;

    public StubPipedrive(Func<StubCall, HttpResponseMessage> answer, params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(row => KeyValuePair.Create("Pipedrive:" + row.Key, (string?)row.Value)))
            .Build();
        var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Time).AddPipedrive(configuration);
        services.AddHttpClient(PipedriveRegistration.ClientName).ConfigurePrimaryHttpMessageHandler(() => new Handler(answer, Calls));
        _services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    public WaitedClock Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1790000000000), TimeSpan.FromSeconds(20));

    public List<StubCall> Calls { get; } = [];

    public ICrmConnector Connector => _services.GetRequiredService<ICrmConnector>();

    public IServiceProvider Services => _services;

    public ICrmAccount Open(string secret = """{"apiToken":"token-1"}""") => Connector.Open(Tenant, secret, CallLane.Interactive);

    public Task<T> RunAsync<T>(Task<T> call) => Time.RunAsync(call);

    public static HttpResponseMessage Json(string body, HttpStatusCode status = HttpStatusCode.OK, params (string Name, string Value)[] headers)
    {
        var response = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        foreach (var (name, value) in headers)
            response.Headers.TryAddWithoutValidation(name, value);
        return response;
    }

    public void Dispose() => _services.Dispose();

    private sealed class Handler(Func<StubCall, HttpResponseMessage> answer, List<StubCall> calls) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
            var seen = new StubCall(
                request.Method.Method, request.RequestUri!.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped),
                request.RequestUri.GetComponents(UriComponents.PathAndQuery, UriFormat.Unescaped), body, request.Headers.Authorization?.ToString(),
                request.Headers.TryGetValues("x-api-token", out var tokens) ? tokens.Single() : null);
            lock (calls)
                calls.Add(seen);
            var response = answer(seen);
            response.RequestMessage = request;
            return response;
        }
    }
}

internal sealed record StubCall(string Method, string Host, string Path, string Body, string? Authorization, string? Token);
