using System.Reflection;
using Forge.Crm.LocalAzure;
using Forge.Crm.LocalAzure.Host;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>
/// Mirrors <c>Microsoft.Azure.Functions.Worker.Builder.FunctionsApplicationBuilder</c>. What it builds is worker and functions host in one: it routes HTTP
/// itself, listens to the queues, and runs the timers.
/// </summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder
{
    private const string DefaultUrl = "http://127.0.0.1:7071";

    private readonly WebApplicationBuilder web;
    private readonly HostJson hostJson;
    private bool hasBuilt;

    internal FunctionsApplicationBuilder(string[]? args)
    {
        web = WebApplication.CreateBuilder(args ?? []);
        var root = web.Environment.ContentRootPath;
        hostJson = HostJson.Read(ProjectFile.Find("host.json", root));
        // A line for each request is not what anybody wants to read; below everything else, so that any setting overrides it.
        var levels = new Dictionary<string, string?>(hostJson.LogLevels);
        levels.TryAdd("Logging:LogLevel:Microsoft.AspNetCore", nameof(LogLevel.Warning));
        ((IConfigurationBuilder)web.Configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = levels });
        LocalSettings.AddTo(web.Configuration, ProjectFile.Find("local.settings.json", root));
        web.Services.TryAddSingleton(TimeProvider.System);
        web.Services.TryAddSingleton<DrainToken>();
        if (Assembly.GetEntryAssembly() is { } program)
            FunctionTypes.AddRange(program.GetTypes());
    }

    public IDictionary<object, object> Properties => ((IHostApplicationBuilder)web).Properties;

    public ConfigurationManager Configuration => web.Configuration;

    public IHostEnvironment Environment => web.Environment;

    public ILoggingBuilder Logging => web.Logging;

    public IMetricsBuilder Metrics => web.Metrics;

    public IServiceCollection Services => web.Services;

    IConfigurationManager IHostApplicationBuilder.Configuration => Configuration;

    /// <summary>Where functions are looked for. Local only.</summary>
    internal List<Type> FunctionTypes { get; } = [];

    /// <summary>Whether HTTP functions take <c>HttpRequest</c> and return results of ASP.NET Core: the only kind there is here.</summary>
    internal bool HasWebApplication { get; set; }

    /// <exception cref="InvalidOperationException">Built before, or a function is not one that the local host can run.</exception>
    public IHost Build()
    {
        if (hasBuilt)
            throw new InvalidOperationException("The application has already been built.");
        hasBuilt = true;
        var functions = FunctionMethod.FindIn(FunctionTypes);
        web.Services.AddSingleton(services => new LocalFunctionsHost(services, functions, hostJson));
        web.Services.AddHostedService(services => services.GetRequiredService<LocalFunctionsHost>());
        var application = web.Build();
        // Read now, so that a program may still set it after CreateBuilder.
        foreach (var url in (Configuration["urls"] is { Length: > 0 } urls ? urls : DefaultUrl).Split(';'))
            application.Urls.Add(url);
        MapHttp(application, functions);
        return application;
    }

    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull =>
        ((IHostApplicationBuilder)web).ConfigureContainer(factory, configure);

    private void MapHttp(WebApplication application, IReadOnlyList<FunctionMethod> functions)
    {
        if (!HasWebApplication && functions.FirstOrDefault(function => function.Trigger is HttpTriggerAttribute) is { } http)
            throw new InvalidOperationException($"The function '{http.Name}' has an HTTP trigger: call ConfigureFunctionsWebApplication().");
        var services = application.Services;
        new HttpFunctions(
            functions, hostJson, new FunctionKey(Configuration), services.GetRequiredService<DrainToken>(),
            services.GetRequiredService<ILogger<HttpFunctions>>()).MapTo(application);
    }
}
