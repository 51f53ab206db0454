using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>The functions with an HTTP trigger as ASP.NET Core endpoints.</summary>
internal sealed partial class HttpFunctions(
    IReadOnlyList<FunctionMethod> functions, HostJson settings, FunctionKey key, DrainToken drain, ILogger<HttpFunctions> logger)
{
    private readonly RequestLimit limit = new(settings);

    public void MapTo(IEndpointRouteBuilder routes)
    {
        foreach (var function in functions)
            if (function.Trigger is HttpTriggerAttribute trigger)
                Map(routes, function, trigger);
    }

    private void Map(IEndpointRouteBuilder routes, FunctionMethod function, HttpTriggerAttribute trigger)
    {
        var result = TaskResult.TypeOf(function.Method.ReturnType);
        if (!typeof(IActionResult).IsAssignableFrom(result) && !typeof(IResult).IsAssignableFrom(result))
            throw new InvalidOperationException(
                $"The function '{function.Name}' returns {result}; an HTTP function returns an IActionResult or an IResult.");
        var pattern = $"{settings.RoutePrefix}/{trigger.Route ?? function.Name}".Trim('/');
        RequestDelegate handle = http => limit.RunAsync(http, admitted => HandleAsync(admitted, function, trigger.AuthLevel));
        (trigger.Methods is { Length: > 0 } methods
            ? routes.MapMethods(pattern, methods.Select(method => method.ToUpperInvariant()), handle)
            : routes.Map(pattern, handle)).WithDisplayName(function.Name);
    }

    private async Task HandleAsync(HttpContext http, FunctionMethod function, AuthorizationLevel level)
    {
        if (!key.Admits(http.Request, level))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }
        using var both = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, drain.Token);
        try
        {
            var invocation = new Invocation(function, http.RequestServices, both.Token).With(http.Request);
            await WriteAsync(http, await function.InvokeAsync(invocation));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer.
        }
#pragma warning disable CA1031 // Whatever a function throws is an answer 500 to its caller, and never the end of the host.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Failed(logger, function.Name, e);
            Fail(http);
        }
    }

    private static Task WriteAsync(HttpContext http, object? result) => result switch
    {
        IActionResult action => action.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor())),
        IResult direct => direct.ExecuteAsync(http),
        _ => throw new InvalidOperationException("The function returned null instead of a result."),
    };

    private static void Fail(HttpContext http)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        http.Response.Clear();
        http.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The function {Function} failed.")]
    private static partial void Failed(ILogger logger, string function, Exception error);
}
