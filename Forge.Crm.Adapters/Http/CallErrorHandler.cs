using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Http;

/// <summary>The outermost step: whatever failed for good becomes a <see cref="Domain.Ports.CrmCallException"/>.</summary>
internal sealed class CallErrorHandler(Platform platform) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await base.SendAsync(request, cancellationToken);
        }
        catch (Exception e) when (CallFault.Of(e) is { } fault)
        {
            throw fault.ToException(platform, CrmCall.NameOf(request.Method, request.RequestUri), e);
        }
    }
}
