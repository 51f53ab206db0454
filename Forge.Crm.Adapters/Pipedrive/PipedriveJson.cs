using System.Text.Json;
using System.Text.Json.Serialization;

namespace Forge.Crm.Adapters.Pipedrive;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PipedrivePage))]
[JsonSerializable(typeof(PipedriveOne))]
[JsonSerializable(typeof(PipedriveUsers))]
[JsonSerializable(typeof(PipedriveMe))]
[JsonSerializable(typeof(PipedrivePipelines))]
[JsonSerializable(typeof(PipedriveStages))]
[JsonSerializable(typeof(PipedriveToken))]
[JsonSerializable(typeof(PipedriveCredential))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class PipedriveJson : JsonSerializerContext;
