using Forge.Crm.Adapters.Intake;
using Microsoft.AspNetCore.Http;

namespace Forge.Crm.Functions.Webhooks;

/// <summary>What a sender hears of what became of its delivery.</summary>
internal static class WebhookAnswer
{
    public static IResult Of(IntakeAnswer answer) => answer.Outcome switch
    {
        IntakeOutcome.Accepted => Answers.Json(new { answer.Accepted, answer.Duplicates }, StatusCodes.Status202Accepted),
        IntakeOutcome.Unauthorized => Answers.Status(StatusCodes.Status401Unauthorized),
        IntakeOutcome.Malformed => Answers.Problem(StatusCodes.Status400BadRequest, answer.Error),
        IntakeOutcome.Busy => Answers.Problem(StatusCodes.Status429TooManyRequests, retryAfter: answer.RetryAfter),
        _ => Answers.Problem(StatusCodes.Status503ServiceUnavailable, retryAfter: answer.RetryAfter),
    };
}
