using System.Net;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What Pipedrive will never take: a rule, a format, a permission, a limit of the plan.</summary>
internal static class PipedriveRefusals
{
    public static bool IsRefusal(CrmCallException e) => IsAbsent(e) || e.Status
        is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.UnsupportedMediaType or HttpStatusCode.UnprocessableEntity;

    public static WriteAnswer Of(CrmCallException e) => IsAbsent(e) ? WriteAnswer.Absent : WriteAnswer.Refused(e.Message);

    private static bool IsAbsent(CrmCallException e) => e.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone;
}
