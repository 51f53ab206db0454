using System.Collections.Immutable;
using Forge.Crm.Domain.Mapping;

namespace Forge.Crm.Domain.Records;

/// <summary>A record's address in one platform account of a tenant.</summary>
public readonly record struct RemoteRef(RemoteKind Kind, string Id)
{
    public override string ToString() => $"{Kind.ToName()} {Id}";
}

public enum LinkState
{
    Live,

    /// <summary>A tombstone: a late event about it raises nothing from the dead.</summary>
    Deleted,

    /// <summary>An alias: the platform merged this id into another one.</summary>
    Merged,

    /// <summary>Removed for privacy; nothing about it is ever read again.</summary>
    Erased,

    /// <summary>A creation that was sent and not answered yet: the platform may have the record, under an id that we do not know.</summary>
    Creating,

    /// <summary>The match plan found several candidates, or a person keeps it out: it is neither joined nor created anywhere until a person says so.</summary>
    Held,

    /// <summary>The match plan links only: it is not created on the other side, and joined where a match turns up there later.</summary>
    Excluded,

    /// <summary>A person decided that it is a record of its own: it is created on the other side without looking for a match.</summary>
    Apart,
}

/// <summary>A push under way: the value and the hub stamp that it carries.</summary>
public sealed record Sent(string? Value, Stamp Stamp)
{
    /// <summary>Of the platform's newest edit that we knew of when it was sent; see <see cref="Written.Known"/>.</summary>
    public DateTimeOffset Known { get; init; }

    /// <inheritdoc cref="Written.Heard"/>
    public ImmutableArray<DateTimeOffset> Heard { get; init; }

    /// <summary>The write that it became, as far as that can be said.</summary>
    /// <param name="value">What the platform made of it.</param>
    /// <param name="at">By the platform's clock; an edit from then on was not overwritten by it.</param>
    public Written AsWritten(string? value, DateTimeOffset at) => new(value, at, Known) { Heard = Heard };

    /// <summary>Whether it may have run over an edit, which nobody has dealt with yet.</summary>
    public bool MayRunOver(DateTimeOffset edit) => AsWritten(Value, DateTimeOffset.MaxValue).RanOver(edit);

    public Sent Hear(DateTimeOffset edit) => this with { Heard = AsWritten(Value, DateTimeOffset.MaxValue).Hear(edit).Heard };
}

/// <summary>A value that we wrote, as the platform took it. Times are the platform's.</summary>
/// <param name="Known">Of its newest edit that we knew of when we wrote: one that comes after it and before <paramref name="At"/> was run over unseen.</param>
public readonly record struct Written(string? Value, DateTimeOffset At, DateTimeOffset Known)
{
    /// <summary>Edits that it ran over and that were heard of since: each is dealt with once, in whatever order they are told.</summary>
    public ImmutableArray<DateTimeOffset> Heard { get; init; }

    public bool RanOver(DateTimeOffset edit) => Known < edit && edit < At && (Heard.IsDefault || !Heard.Contains(edit));

    public Written Hear(DateTimeOffset edit) => RanOver(edit) ? this with { Heard = Heard.IsDefault ? [edit] : Heard.Add(edit) } : this;
}

/// <summary>Our last writes of a field, and what the platform did to them afterwards.</summary>
/// <param name="Writes">The newest first, at most <see cref="Kept"/>: an event that tells of one of these is an echo, however late.</param>
/// <param name="Returned">The other value that the platform last put in place of ours within <see cref="Window"/>.</param>
/// <param name="Repeats">How often it has put that same value there again.</param>
public sealed record Pushed(ImmutableArray<Written> Writes, string? Returned = null, int Repeats = 0)
{
    public const int Kept = 8;

    /// <summary>An edit that comes later than this after our write is no reaction to it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    /// <summary>Of the last write: an edit that the platform dates later was not overwritten by it.</summary>
    public DateTimeOffset At => Writes[0].At;

    /// <summary>The platform has undone three pushes in the same way: a fourth would only be undone too.</summary>
    public bool IsUndone => Repeats >= 2;

    public Pushed Again(Written write)
    {
        ImmutableArray<Written> writes = [write, .. Writes.Take(Kept - 1)];
        return write.At - At > Window ? new(writes) : this with { Writes = writes };
    }

    /// <summary>An edit that one of the writes ran over is known from now on.</summary>
    public Pushed Heard(DateTimeOffset edit) => this with { Writes = [.. Writes.Select(write => write.Hear(edit))] };

    public Pushed Undone(string? value, DateTimeOffset at) =>
        at - At > Window ? this with { Returned = null, Repeats = 0 }
        : this with { Returned = value, Repeats = value == Returned ? Repeats + 1 : 0 };

    /// <summary>Whether an event may tell of a write of ours: it names a value that we wrote, or a form of it, or is older than what we remember.</summary>
    public bool MayBeOurs(string? value, DateTimeOffset at) =>
        Writes.Any(write => write.Value == value || NormalForm.MayBe(write.Value, value)) || (Writes.Length == Kept && at <= Writes[^1].At);
}

/// <summary>
/// What joins a hub record and a platform's record, and what the platform last showed of each field. Arrays are in the order of the
/// kind's <see cref="RecordShape"/>.
/// </summary>
/// <param name="StateAt">When the platform says the link came into its state.</param>
/// <param name="MergedInto">The surviving id, where <see cref="LinkState.Merged"/>.</param>
/// <param name="RemoteVersion">The platform's own "last modified" of the newest snapshot that was taken over.</param>
/// <param name="ReadAt">When the request of that snapshot started; of a deleted or merged record when that was heard of.</param>
/// <param name="Seen">The value that the platform last showed, also when it lost.</param>
/// <param name="SeenStamps">Of the platform's newest edit that we know of; <see cref="Stamp.None"/> where nothing was ever shown. Our own writes do not move it.</param>
/// <param name="Level">The hub stamp that the platform is level with; a push is due where the hub's own stamp differs.</param>
/// <param name="Sent">Pushes under way, by field.</param>
public sealed record RecordLink(
    RemoteRef Ref,
    Guid RecordId,
    LinkState State,
    DateTimeOffset StateAt,
    string? MergedInto,
    DateTimeOffset? RemoteVersion,
    DateTimeOffset? ReadAt,
    ImmutableArray<string?> Seen,
    ImmutableArray<Stamp> SeenStamps,
    ImmutableArray<Stamp> Level,
    ImmutableDictionary<int, Sent> Sent)
{
    private const string NewPrefix = "new:";

    /// <summary>Fields that we wrote, by place.</summary>
    public ImmutableDictionary<int, Pushed> Pushed { get; init; } = ImmutableDictionary<int, Pushed>.Empty;

    /// <summary>Whether a match plan put it here: it joins nothing yet, and of a platform's record no hub record stands behind it.</summary>
    public bool IsPlanned => State is LinkState.Held or LinkState.Excluded or LinkState.Apart;

    /// <summary>Whether the platform has named an id for it.</summary>
    public bool HasId => !Ref.Id.StartsWith(NewPrefix, StringComparison.Ordinal);

    /// <summary>A link on which nothing was seen yet.</summary>
    public static RecordLink New(RemoteRef reference, Guid recordId, DateTimeOffset at, RecordShape shape)
    {
        var noStamps = ImmutableArray.Create(new Stamp[shape.Count]);
        return new(
            reference, recordId, LinkState.Live, at, null, null, null,
            ImmutableArray.Create(new string?[shape.Count]), noStamps, noStamps, ImmutableDictionary<int, Sent>.Empty);
    }

    /// <summary>Nothing is under way any more, and whether what was arrived nobody can say: an edit until then may have been run over by it.</summary>
    public RecordLink WithoutSent(DateTimeOffset until) => Sent.IsEmpty ? this : this with
    {
        Sent = ImmutableDictionary<int, Sent>.Empty,
        Pushed = Pushed.SetItems(Sent.Select(sent =>
        {
            var write = sent.Value.AsWritten(sent.Value.Value, until);
            return KeyValuePair.Create(sent.Key, Pushed.GetValueOrDefault(sent.Key)?.Again(write) ?? new([write]));
        })),
    };

    /// <summary>Where the link of a creation stands until the platform has named its id.</summary>
    public static RemoteRef NewRef(RemoteKind kind, Guid recordId) => new(kind, NewPrefix + recordId);
}
