using System.Collections.Frozen;
using System.Net;
using System.Text.Json;
using Forge.Crm.Adapters.Http;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.HubSpot;

/// <summary>What HubSpot will never take, and why: its category, its code and the property, never a value.</summary>
internal static class HubSpotRefusals
{
    private const string Absent = "OBJECT_NOT_FOUND";

    /// <summary>Whether it is about what was sent: a rule, a format, a second record of a key, a permission.</summary>
    public static bool IsRefusal(CrmCallException e) => e.Status
        is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity;

    public static WriteAnswer Of(CrmCallException e) => e.Status == HttpStatusCode.NotFound ? WriteAnswer.Absent : WriteAnswer.Refused(e.Message);

    /// <param name="error">An entry of a batch's errors.</param>
    public static WriteAnswer Of(JsonElement error) => ErrorBody.Texts(error, "category").Contains(Absent)
        ? WriteAnswer.Absent
        : WriteAnswer.Refused($"HubSpot refuses it: {ErrorBody.Detail(error, FrozenSet<string>.Empty)}");
}
