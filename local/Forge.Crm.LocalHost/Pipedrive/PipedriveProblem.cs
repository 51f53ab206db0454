using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>A refusal, in the shape of Pipedrive's error body.</summary>
internal sealed class PipedriveProblem(int status, string error, string info = "", string? code = null) : Exception(error)
{
    public const string ReferTo = "Please check developers.pipedrive.com";

    public int Status { get; } = status;

    public static PipedriveProblem Invalid(string error) => new(400, error, ReferTo, "ERR_SCHEMA_VALIDATION_FAILED");

    public static PipedriveProblem NotFound(string singular) => new(404, $"{char.ToUpperInvariant(singular[0])}{singular[1..]} not found", ReferTo);

    public JsonObject Body()
    {
        var body = new JsonObject { ["success"] = false, ["error"] = Message, ["error_info"] = info, ["data"] = null, ["additional_data"] = null };
        if (code is not null)
            body["code"] = code;
        return body;
    }
}
