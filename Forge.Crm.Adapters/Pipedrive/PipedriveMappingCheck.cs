using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>Holds a tenant's own fields against the account.</summary>
internal sealed class PipedriveMappingCheck(IPipedriveApi api, PipedriveTokens tokens) : IMappingCheck
{
    public Platform Platform => Platform.Pipedrive;

    public async Task<string> CheckAsync(TenantId tenant, string secret, string mapping, MappingUse use, CancellationToken ct)
    {
        var caller = new PipedriveCaller(api, tokens, tenant, PipedriveCredential.Parse(secret), CallLane.Interactive);
        var fields = new List<CustomField>();
        foreach (var kind in CustomFieldDocument.Read(mapping, PipedriveCustomFields.Form).GroupBy(field => field.Kind))
        {
            var shown = (await PipedriveFieldList.ReadAsync(caller, kind.Key, ct))
                .Where(field => PipedriveValues.TextOf(field, "field_code") is not null)
                .DistinctBy(field => PipedriveValues.TextOf(field, "field_code")!)
                .ToDictionary(field => PipedriveValues.TextOf(field, "field_code")!);
            fields.AddRange(kind.Select(field => PipedriveCustomFields.Check(field, shown.GetValueOrDefault(field.Property))));
        }

        return CustomFieldDocument.Write(fields);
    }
}
