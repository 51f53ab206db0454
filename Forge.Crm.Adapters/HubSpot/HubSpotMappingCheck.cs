using System.Net;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>Holds a tenant's own fields against the account.</summary>
internal sealed class HubSpotMappingCheck(IHubSpotApi api, HubSpotTokens tokens, IRateBudget budget, IOptions<HubSpotOptions> options) : IMappingCheck
{
    private readonly HubSpotPaths _paths = HubSpotPaths.Of(options.Value.ApiVersion, options.Value.TokenPath);

    public Platform Platform => Platform.HubSpot;

    public async Task<string> CheckAsync(TenantId tenant, string secret, string mapping, MappingUse use, CancellationToken ct)
    {
        var caller = new HubSpotCaller(api, tokens, budget, tenant, HubSpotCredential.Parse(secret), CallLane.Interactive);
        var fields = CustomFieldDocument.Read(mapping, HubSpotCustomFields.Form);
        foreach (var field in fields)
            HubSpotCustomFields.Check(field, await FindAsync(caller, field, ct));
        return CustomFieldDocument.Write(fields);
    }

    private async Task<HubSpotProperty> FindAsync(HubSpotCaller caller, CustomField field, CancellationToken ct)
    {
        try
        {
            return await caller.CallAsync(
                HubSpotCaller.Burst, (api, token, call) => api.PropertyAsync(_paths.PropertiesOf(field.Kind), field.Property, token, call, ct), ct);
        }
        catch (CrmCallException e) when (e.Status == HttpStatusCode.NotFound)
        {
            throw new FormatException(
                $"{field.Place}: HubSpot has no property '{field.Property}' of {HubSpotObjects.NameOf(field.Kind)}; make it there, or correct the name.", e);
        }
    }
}
