using Forge.Crm.LocalAzure;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.Tests.LocalAzure;

/// <summary>A functions host with the functions of one class, on a free port, stopped at the end.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost host;

    private TestHost(IHost host) => this.host = host;

    public LocalFunctionsHost Functions => host.Services.GetRequiredService<LocalFunctionsHost>();

    public static async Task<TestHost> StartAsync(Type functions, Action<FunctionsApplicationBuilder>? configure = null, params string[] args)
    {
        var host = Build(functions, configure, args);
        await host.StartAsync();
        return new TestHost(host);
    }

    public static IHost Build(Type functions, Action<FunctionsApplicationBuilder>? configure = null, params string[] args)
    {
        var builder = FunctionsApplication.CreateBuilder(["--urls", "http://127.0.0.1:0", .. args]);
        builder.ConfigureFunctionsWebApplication();
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.FunctionTypes.Clear();
        builder.FunctionTypes.Add(functions);
        configure?.Invoke(builder);
        return builder.Build();
    }

    public HttpClient CreateClient()
    {
        var services = new ServiceCollection().AddHttpClient().BuildServiceProvider();
        var client = services.GetRequiredService<IHttpClientFactory>().CreateClient();
        client.BaseAddress = Functions.Address;
        return client;
    }

    public Task StopAsync() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
    }
}
