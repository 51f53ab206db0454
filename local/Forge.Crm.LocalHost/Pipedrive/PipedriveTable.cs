using System.Globalization;
using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>One record in the shape of version 2 of the API. Not thread-safe: its account's gate guards it.</summary>
internal sealed class PipedriveRecord(long id, JsonObject fields)
{
    private readonly List<(DateTimeOffset Until, JsonObject Fields)> former = [];

    public long Id { get; } = id;
    public JsonObject Fields { get; private set; } = fields;
    public DateTimeOffset UpdatedAt => PipedriveTime.Parse(Text("update_time")!);
    public bool IsDeleted => Fields["is_deleted"]?.GetValue<bool>() == true;
    public bool IsArchived => Fields["is_archived"]?.GetValue<bool>() == true;

    /// <summary>Null while it is live. The deletion is the last change of a record.</summary>
    public DateTimeOffset? DeletedAt => IsDeleted ? UpdatedAt : null;

    /// <summary>A scalar field as text; null where it has no value.</summary>
    public string? Text(string name) => TextOf(Fields[name]);

    public static string? TextOf(JsonNode? value) => value?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.String => value.GetValue<string>(),
        null or System.Text.Json.JsonValueKind.Null or System.Text.Json.JsonValueKind.Object or System.Text.Json.JsonValueKind.Array => null,
        _ => value.ToJsonString(),
    };

    /// <param name="keepFormer">For lists that lag behind: remembers what it was until now.</param>
    public void Replace(JsonObject next, DateTimeOffset now, bool keepFormer)
    {
        if (keepFormer)
            former.Add((now, Fields));
        Fields = next;
    }

    /// <summary>What it was at that time; null before it was made.</summary>
    public JsonObject? At(DateTimeOffset time)
    {
        if (PipedriveTime.Parse(Text("add_time")!) > time)
            return null;
        foreach (var (until, fields) in former)
        {
            if (until > time)
                return fields;
        }
        return Fields;
    }
}

/// <summary>All records of one kind in one account, by ascending id.</summary>
internal sealed class PipedriveTable(PipedriveEntity entity)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(30);
    private static readonly TimeSpan Round = TimeSpan.FromHours(1);

    private readonly SortedList<long, PipedriveRecord> records = [];
    private DateTimeOffset lastRound;
    private long lastId;

    public PipedriveEntity Entity { get; } = entity;
    public List<PipedriveCustomField> CustomFields { get; } = [];
    public IReadOnlyCollection<PipedriveRecord> All => records.Values.AsReadOnly();

    public long NextId() => ++lastId;

    public void Add(PipedriveRecord record) => records.Add(record.Id, record);

    public PipedriveRecord? Find(string id) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? records.GetValueOrDefault(number) : null;

    public PipedriveRecord? Live(string? id) => id is not null && Find(id) is { IsDeleted: false } record ? record : null;

    /// <summary>Those from an id on, without a look at the ones before: a page of a large account costs no more than one of a small.</summary>
    public IEnumerable<PipedriveRecord> From(long id)
    {
        var (low, high) = (0, records.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = records.GetKeyAtIndex(middle) < id ? (middle + 1, high) : (low, middle);
        }

        for (var i = low; i < records.Count; i++)
            yield return records.GetValueAtIndex(i);
    }

    /// <summary>Deleted records are kept for thirty days; every hour somebody looks for older ones.</summary>
    public void Purge(DateTimeOffset now)
    {
        if (now - lastRound < Round)
            return;
        lastRound = now;
        foreach (var record in records.Values.Where(record => record.DeletedAt < now - Kept).ToArray())
            records.Remove(record.Id);
    }
}
