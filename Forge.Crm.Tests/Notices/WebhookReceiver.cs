using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Tests.Notices;

/// <summary>A call as a receiver has it.</summary>
internal sealed record ReceivedCall(string Path, string Body, IHeaderDictionary Headers);

/// <summary>A receiver of webhooks on this machine, which answers as a test says.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _application;

    private WebhookReceiver(WebApplication application) => _application = application;

    public List<ReceivedCall> Calls { get; } = [];

    public Func<HttpContext, Task> Answer { get; set; } = context =>
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    };

    public Uri Address => new(_application.Urls.Single());

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var application = builder.Build();
        var receiver = new WebhookReceiver(application);
        application.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            receiver.Calls.Add(new(context.Request.Path, await reader.ReadToEndAsync(), new HeaderDictionary(context.Request.Headers.ToDictionary())));
            await receiver.Answer(context);
        });
        await application.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _application.DisposeAsync();
}
