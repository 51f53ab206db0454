using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>A kind of record that people work with in the running product, by the names that its systems have for it.</summary>
/// <param name="HubSpotType">As webhooks name it.</param>
/// <param name="PipedriveEntity">As webhooks name it.</param>
internal sealed record LiveKind(RecordKind Kind, RemoteKind Remote, string HubSpot, string HubSpotType, string Pipedrive, string PipedriveEntity)
{
    public static readonly ImmutableArray<LiveKind> All =
    [
        new(RecordKind.Contact, RemoteKind.Contact, "contacts", "contact", "persons", "person"),
        new(RecordKind.Company, RemoteKind.Company, "companies", "company", "organizations", "organization"),
        // Pipedrive has no place for our id on it.
        new(RecordKind.Activity, RemoteKind.Call, "calls", "0-48", "activities", "activity"),
    ];

    public static LiveKind Of(RecordKind kind) => All.Single(one => one.Kind == kind);
}
