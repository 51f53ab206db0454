using System.Collections.Immutable;

namespace Forge.Crm.Domain.Planning;

/// <summary>Where a record of a match plan is: in the hub, or on the platform that is being connected.</summary>
public enum MatchSide
{
    Here,
    There,
}

public enum MatchClass
{
    /// <summary>One record here and one there, and nobody else carries a key of either.</summary>
    Matched,

    /// <summary>Several candidates, or a record of the same side carries a key too: a person decides.</summary>
    Ambiguous,
    OnlyHere,
    OnlyThere,
}

/// <summary>What to do with a kind's records when the first load runs. What is matched is linked, but where the kind is ignored.</summary>
public enum MatchChoice
{
    LinkOnly,

    /// <summary>What is only there is created here.</summary>
    CreateHere,

    /// <summary>What is only here is created there.</summary>
    CreateThere,

    /// <summary>Both.</summary>
    CreateMissing,

    /// <summary>The kind is not synced.</summary>
    Ignore,
}

/// <summary>What a person decides of an ambiguous record.</summary>
public enum MatchDecision
{
    /// <summary>It is the same as a record of the other side.</summary>
    Join,

    /// <summary>It is a record of its own, and is created on the other side.</summary>
    New,

    /// <summary>It is neither joined nor created.</summary>
    Out,
}

/// <summary>Who else carries one of a record's keys.</summary>
/// <param name="Mates">On the other side.</param>
/// <param name="Twins">On its own.</param>
public sealed record MatchNeighbours(ImmutableArray<Guid> Mates, ImmutableArray<Guid> Twins)
{
    public static readonly MatchNeighbours None = new([], []);

    /// <summary>The one record of the other side, where there is no other of either side.</summary>
    public Guid? OnlyMate => Twins.IsEmpty && Mates.Length == 1 ? Mates[0] : null;
}

/// <summary>Classes of a match plan. Pure, and the only place where they are decided.</summary>
public static class MatchRule
{
    /// <param name="ofMate">The neighbours of <see cref="MatchNeighbours.OnlyMate"/>; asked for nothing else.</param>
    public static MatchClass Of(MatchSide side, MatchNeighbours own, Func<Guid, MatchNeighbours> ofMate)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(ofMate);
        if (own.Mates.IsEmpty && own.Twins.IsEmpty)
            return side == MatchSide.Here ? MatchClass.OnlyHere : MatchClass.OnlyThere;
        return own.OnlyMate is { } mate && ofMate(mate).OnlyMate is not null ? MatchClass.Matched : MatchClass.Ambiguous;
    }

    public static bool CreatesHere(this MatchChoice choice) => choice is MatchChoice.CreateHere or MatchChoice.CreateMissing;

    public static bool CreatesThere(this MatchChoice choice) => choice is MatchChoice.CreateThere or MatchChoice.CreateMissing;
}
