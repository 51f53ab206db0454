using System.Collections.Immutable;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Sync;

/// <summary>What a platform's fields may be called, without asking it.</summary>
/// <param name="Kinds">Whose records may have fields of the account's own.</param>
/// <param name="NameIs">For a person: what a name looks like.</param>
/// <param name="IsOurs">Whether the mapping of the standard fields, or we ourselves, use it already.</param>
internal sealed record CustomFieldForm(
    Platform Platform, ImmutableArray<RemoteKind> Kinds, Func<string, bool> IsName, string NameIs, Func<RemoteKind, string, bool> IsOurs)
{
    private static readonly ImmutableDictionary<Platform, CustomFieldForm> Forms =
        new[] { HubSpotCustomFields.Form, PipedriveCustomFields.Form }.ToImmutableDictionary(form => form.Platform);

    /// <returns>Null for a platform whose mapping is another one, or that has none.</returns>
    public static CustomFieldForm? Of(Platform platform) => Forms.GetValueOrDefault(platform);
}
