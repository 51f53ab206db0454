using System.Collections.Immutable;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Architecture;

namespace Forge.Crm.Tests.Mapping;

/// <summary>What a platform does not take is written down: nobody should have to find out by an edit that goes nowhere.</summary>
public sealed class OneWayFieldsTests
{
    public static TheoryData<string, RemoteKind, ImmutableArray<FieldMap>> Tables => new()
    {
        { "hubspot", RemoteKind.Contact, HubSpotFields.Contact },
        { "hubspot", RemoteKind.Company, HubSpotFields.Company },
        { "hubspot", RemoteKind.Deal, HubSpotFields.Deal },
        { "hubspot", RemoteKind.Call, HubSpotActivityFields.Call },
        { "hubspot", RemoteKind.Email, HubSpotActivityFields.Email },
        { "hubspot", RemoteKind.Meeting, HubSpotActivityFields.Meeting },
        { "hubspot", RemoteKind.Note, HubSpotActivityFields.Note },
        { "hubspot", RemoteKind.Task, HubSpotActivityFields.Task },
        { "pipedrive", RemoteKind.Contact, PipedriveFields.Contact },
        { "pipedrive", RemoteKind.Company, PipedriveFields.Company },
        { "pipedrive", RemoteKind.Deal, PipedriveFields.Deal },
        { "pipedrive", RemoteKind.Call, PipedriveFields.Call },
        { "pipedrive", RemoteKind.Email, PipedriveFields.Email },
        { "pipedrive", RemoteKind.Meeting, PipedriveFields.Meeting },
        { "pipedrive", RemoteKind.Note, PipedriveFields.Note },
        { "pipedrive", RemoteKind.Task, PipedriveFields.Task },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void What_a_platform_only_shows_or_does_not_have_is_documented(string platform, RemoteKind kind, ImmutableArray<FieldMap> table)
    {
        // What kind of an activity it is, is what kind of a record it is; what is put away is the hub's own.
        var fields = StandardFields.Of(kind.ToRecordKind()).Fields.Select(field => field.Name)
            .Where(name => name != StandardFields.ArchivedAt && (name != "type" || kind == RemoteKind.Task)).ToList();
        var shown = fields.Where(name => table.Any(map => map.Field == name) && !table.Any(map => map.Field == name && map.Write is not null));
        var absent = fields.Where(name => !table.Any(map => map.Field == name));
        RepositoryFiles.Read("docs/planning.md").ShouldContain($"| {platform} | {kind.ToName()} | {List(shown)} | {List(absent)} |");
    }

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } list ? list : "-";
}
