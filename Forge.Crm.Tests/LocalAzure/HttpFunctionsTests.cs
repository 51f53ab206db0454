using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class HttpFunctionsTests
{
    [Theory]
    [InlineData("GET", "echo/12/abc", HttpStatusCode.OK, "12 abc")]
    [InlineData("GET", "echo/12", HttpStatusCode.OK, "12 none")]
    [InlineData("POST", "echo/12", HttpStatusCode.MethodNotAllowed, "")]
    [InlineData("GET", "echo/twelve", HttpStatusCode.NotFound, "")]
    [InlineData("GET", "record/6f9619ff-8b86-d011-b42d-00cf4fc964ff", HttpStatusCode.OK, "6f9619ff-8b86-d011-b42d-00cf4fc964ff")]
    [InlineData("PUT", "object", HttpStatusCode.Accepted, """{"name":"x"}""")]
    [InlineData("GET", "bare", HttpStatusCode.NoContent, "")]
    [InlineData("GET", "Fails", HttpStatusCode.InternalServerError, "")]
    [InlineData("GET", "nothing-here", HttpStatusCode.NotFound, "")]
    public async Task A_request_reaches_its_function(string method, string path, HttpStatusCode status, string body)
    {
        await using var host = await TestHost.StartAsync(typeof(HttpFunctionsSample), builder => builder.Services.AddScoped<Visit>());
        using var client = host.CreateClient();

        var response = await client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        (response.StatusCode, await response.Content.ReadAsStringAsync()).ShouldBe((status, body));
    }

    [Fact]
    public async Task The_raw_body_arrives_and_each_invocation_has_its_own_scope()
    {
        await using var host = await TestHost.StartAsync(typeof(HttpFunctionsSample), builder => builder.Services.AddScoped<Visit>());
        using var client = host.CreateClient();

        for (var i = 0; i < 2; i++)
        {
            var response = await client.PostAsync("raw", new ByteArrayContent(Encoding.UTF8.GetBytes("{ \"a\" : 1 }")));
            (await response.Content.ReadAsStringAsync()).ShouldBe("11 bytes, visit 1");
        }
    }

    [Theory]
    [InlineData(null, "right", HttpStatusCode.Unauthorized)]
    [InlineData("right", null, HttpStatusCode.Unauthorized)]
    [InlineData("right", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("right", "right", HttpStatusCode.OK)]
    public async Task A_function_with_a_level_asks_for_the_key(string? configured, string? given, HttpStatusCode status)
    {
        await using var host = await TestHost.StartAsync(
            typeof(HttpFunctionsSample), builder => builder.Services.AddScoped<Visit>(), configured is null ? [] : ["--FunctionKeys:default", configured]);
        using var client = host.CreateClient();
        if (given is not null)
            client.DefaultRequestHeaders.Add("x-functions-key", given);

        (await client.GetAsync("guarded")).StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task The_route_prefix_and_the_request_limit_come_from_host_json()
    {
        var root = Directory.CreateTempSubdirectory().FullName;
        await File.WriteAllTextAsync(Path.Combine(root, "host.json"), """
            { "version": "2.0", /* as people write it */ "extensions": { "http": { "routePrefix": "crm", "maxOutstandingRequests": 1 } } }
            """);
        await using var host = await TestHost.StartAsync(
            typeof(HttpFunctionsSample), builder => builder.Services.AddScoped<Visit>(), "--contentRoot", root);
        using var client = host.CreateClient();

        (await client.GetAsync("bare")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await client.GetAsync("crm/bare")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        HttpFunctionsSample.Gate = new TaskCompletionSource();
        var waiting = client.GetAsync("crm/waits");
        await HttpFunctionsSample.Entered.Task;
        (await client.GetAsync("crm/bare")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        HttpFunctionsSample.Gate.SetResult();
        (await waiting).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void A_parameter_that_cannot_be_bound_stops_the_host_with_its_name() =>
        Should.Throw<InvalidOperationException>(() => TestHost.Build(typeof(UnboundSample))).Message.ShouldContain("'stream'");

    [Fact]
    public void Two_functions_of_one_name_stop_the_host() =>
        Should.Throw<InvalidOperationException>(() => TestHost.Build(typeof(TwiceSample))).Message.ShouldContain("'Same'");

    public sealed class Visit
    {
        public int Count { get; set; }
    }

    public sealed class HttpFunctionsSample(Visit visit)
    {
        public static readonly TaskCompletionSource Entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public static TaskCompletionSource Gate { get; set; } = new();

        [Function("Echo")]
        public IActionResult Echo(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "echo/{number:int}/{text?}")] HttpRequest request, int number, string? text) =>
            new OkObjectResult($"{number} {text ?? "none"}");

        [Function("Record")]
        public static Task<IResult> Record([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "record/{id}")] HttpRequest request, Guid id) =>
            Task.FromResult(Results.Text(id.ToString()));

        [Function("Object")]
        public async Task<IActionResult> Object([HttpTrigger(AuthorizationLevel.Anonymous, "put", "patch", Route = "object")] HttpRequest request)
        {
            await Task.Yield();
            return new AcceptedResult((string?)null, new { name = "x" });
        }

        [Function("Bare")]
        public async ValueTask<NoContentResult> Bare(
            [HttpTrigger(AuthorizationLevel.Anonymous, Route = "bare")] HttpRequest request, FunctionContext context, CancellationToken ct)
        {
            await Task.Yield();
            context.FunctionDefinition.Name.ShouldBe("Bare");
            ct.ShouldBe(context.CancellationToken);
            return new NoContentResult();
        }

        [Function("Fails")]
        public IResult Fails([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => throw new FormatException("secret detail");

        [Function("Raw")]
        public async Task<IResult> Raw([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "raw")] HttpRequest request)
        {
            using var copy = new MemoryStream();
            await request.Body.CopyToAsync(copy);
            return Results.Text($"{copy.Length} bytes, visit {++visit.Count}");
        }

        [Function("Guarded")]
        public IResult Guarded([HttpTrigger(AuthorizationLevel.Function, "get", Route = "guarded")] HttpRequest request) => Results.Ok();

        [Function("Waits")]
        public async Task<IResult> Waits([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "waits")] HttpRequest request)
        {
            Entered.TrySetResult();
            await Gate.Task;
            return Results.Ok();
        }
    }

    public sealed class UnboundSample
    {
        [Function("Unbound")]
        public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request, Stream stream) => Results.Stream(stream);
    }

    public sealed class TwiceSample
    {
        [Function("Same")]
        public IResult One([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "one")] HttpRequest request) => Results.Ok();

        [Function("same")]
        public IResult Two([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "two")] HttpRequest request) => Results.Ok();
    }
}
