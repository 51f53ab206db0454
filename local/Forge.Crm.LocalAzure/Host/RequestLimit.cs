using Microsoft.AspNetCore.Http;

namespace Forge.Crm.LocalAzure.Host;

/// <summary><c>maxConcurrentRequests</c> run, more wait, and beyond <c>maxOutstandingRequests</c> the answer is 429, as in Functions.</summary>
internal sealed class RequestLimit(HostJson settings)
{
    private readonly SemaphoreSlim? running = settings.MaxConcurrentRequests > 0 ? new(settings.MaxConcurrentRequests) : null;
    private int outstanding;

    public async Task RunAsync(HttpContext http, Func<HttpContext, Task> handle)
    {
        try
        {
            if (Interlocked.Increment(ref outstanding) > settings.MaxOutstandingRequests && settings.MaxOutstandingRequests > 0)
                http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            else
                await RunInTurnAsync(http, handle);
        }
        finally
        {
            Interlocked.Decrement(ref outstanding);
        }
    }

    private async Task RunInTurnAsync(HttpContext http, Func<HttpContext, Task> handle)
    {
        if (running is null)
        {
            await handle(http);
            return;
        }
        await running.WaitAsync(http.RequestAborted);
        try
        {
            await handle(http);
        }
        finally
        {
            running.Release();
        }
    }
}
