using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>An account's leads, in the order in which they were made.</summary>
internal sealed class PipedriveLeadStore
{
    public List<JsonObject> All { get; } = [];

    /// <summary>Conversions asked for, by their own id, and the deal that each made.</summary>
    public Dictionary<string, long> Conversions { get; } = [];

    public JsonObject? Find(string id) => All.Find(lead => PipedriveRecord.TextOf(lead["id"]) == id);
}

/// <summary>An account's notes, in the order in which they were made.</summary>
internal sealed class PipedriveNoteStore
{
    private long lastId;

    public List<JsonObject> All { get; } = [];

    public long NextId() => ++lastId;

    public JsonObject? Find(string id) => All.Find(note => PipedriveRecord.TextOf(note["id"]) == id);
}
