using System.Text.Json;
using System.Text.Json.Nodes;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Pipedrive;

/// <summary>What a record points at, and the body that makes it what it is to be.</summary>
internal sealed class PipedriveLinks
{
    private const string Participants = "participants";

    private readonly RemoteKind _from;
    private readonly Dictionary<string, string?> _held;
    private readonly List<(string Id, bool IsPrimary)> _people;

    /// <param name="record">As it is; the default value for one that is still to be made.</param>
    public PipedriveLinks(RemoteKind from, JsonElement record)
    {
        _from = from;
        _held = new[] { "person_id", "org_id", "organization_id", "deal_id" }.ToDictionary(member => member, member => PipedriveValues.TextOf(record, member));
        var participants = PipedriveValues.Member(record, Participants);
        _people = participants.ValueKind != JsonValueKind.Array ? [] : [.. participants.EnumerateArray()
            .Select(person => (Id: PipedriveValues.TextOf(person, "person_id"), IsPrimary: PipedriveValues.TextOf(person, "primary") == "true"))
            .Where(person => person.Id is not null).Select(person => (person.Id!, person.IsPrimary))];
    }

    /// <summary>Empty where nothing is to be changed.</summary>
    public JsonObject Body { get; } = [];

    public WriteAnswer Take(LinkChange change) =>
        MemberOf(change.ToKind) is not { } member ? WriteAnswer.Refused($"Pipedrive keeps no association of {PipedriveObjects.PathOf(_from)} to {PipedriveObjects.PathOf(change.ToKind)}")
        : member == Participants ? TakePerson(change)
        : TakeOne(member, change);

    /// <summary>Whose place an addition would need that is to leave others theirs; null where it is free, or is nobody else's.</summary>
    public string? HolderBefore(LinkChange change) =>
        change is { IsAdded: true, IsPrimary: false } && MemberOf(change.ToKind) is { } member && member != Participants && _held[member] is { Length: > 0 } held && held != change.ToId ? held : null;

    private string? MemberOf(RemoteKind to) => (_from, to) switch
    {
        (RemoteKind.Call or RemoteKind.Email or RemoteKind.Meeting or RemoteKind.Task, RemoteKind.Contact) => Participants,
        (RemoteKind.Deal or RemoteKind.Lead or RemoteKind.Note, RemoteKind.Contact) => "person_id",
        (RemoteKind.Lead, RemoteKind.Company) => "organization_id",
        (RemoteKind.Contact or RemoteKind.Deal or RemoteKind.Call or RemoteKind.Email or RemoteKind.Meeting or RemoteKind.Task or RemoteKind.Note, RemoteKind.Company) => "org_id",
        (RemoteKind.Call or RemoteKind.Email or RemoteKind.Meeting or RemoteKind.Task or RemoteKind.Note, RemoteKind.Deal) => "deal_id",
        _ => null,
    };

    private WriteAnswer TakeOne(string member, LinkChange change)
    {
        var held = _held[member];
        if (change.IsAdded && held != change.ToId)
        {
            if (!string.IsNullOrEmpty(held) && !change.IsPrimary)
                return WriteAnswer.Refused($"Pipedrive has room for one {member} alone, and it is another");
            (_held[member], Body[member]) = (change.ToId, PipedriveBody.Id(change.ToId));
        }
        else if (!change.IsAdded && held == change.ToId)
        {
            (_held[member], Body[member]) = (null, null);
        }

        return WriteAnswer.Linked;
    }

    private WriteAnswer TakePerson(LinkChange change)
    {
        var at = _people.FindIndex(person => person.Id == change.ToId);
        if (change.IsAdded ? at >= 0 && (_people[at].IsPrimary || !change.IsPrimary) : at < 0)
            return WriteAnswer.Linked;
        var isPrimary = change.IsPrimary || _people.Count == 0 || (at >= 0 && _people[at].IsPrimary);
        if (at >= 0)
            _people.RemoveAt(at);
        if (change.IsAdded)
            Add(change.ToId, isPrimary);
        else if (isPrimary && _people.Count > 0)
            _people[0] = (_people[0].Id, true);
        Body[Participants] = new JsonArray([.. _people.Select(person => new JsonObject { ["person_id"] = PipedriveBody.Id(person.Id), ["primary"] = person.IsPrimary })]);
        return WriteAnswer.Linked;
    }

    private void Add(string id, bool isPrimary)
    {
        for (var i = 0; isPrimary && i < _people.Count; i++)
            _people[i] = (_people[i].Id, false);
        _people.Add((id, isPrimary));
    }
}
