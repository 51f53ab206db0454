using System.Net;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What Pipedrive will never take: a rule, a format, a permission, a limit of the plan.</summary>
internal static class PipedriveRefusals
{
    /// <returns>Null for a failure that says nothing of what was sent.</returns>
    public static WriteAnswer? Of(Exception e) => e switch
    {
        CrmCallException { Status: HttpStatusCode.NotFound or HttpStatusCode.Gone } => WriteAnswer.Absent,
        CrmCallException
        {
            Status: HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.UnsupportedMediaType
                or HttpStatusCode.UnprocessableEntity,
        } => WriteAnswer.Refused(e.Message),
        FormatException => WriteAnswer.Refused(e.Message), // our own, which quotes no value
        _ => null,
    };
}
