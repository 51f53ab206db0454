using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>How an edit stopped being its platform's value.</summary>
internal enum Fate
{
    Standing,

    /// <summary>The platform's own people, rules, merges or deletions put something in its place.</summary>
    OverwrittenThere,

    /// <summary>A write of ours did.</summary>
    OverwrittenByUs,
}

/// <summary>The truth about one edit of a person, whatever the hub comes to know of it.</summary>
internal sealed class PersonEdit(Platform at, string field, string token)
{
    public Platform At { get; } = at;

    public string Field { get; } = field;

    public string Token { get; } = token;

    public Fate Fate { get; set; }

    /// <summary>Its webhook reached the journal.</summary>
    public bool IsAnnounced { get; set; }

    /// <summary>In the same tick of the platform's clock as the change before it, or as the write over it: no time tells it from them.</summary>
    public bool IsWithinTick { get; set; }

    /// <summary>Whether its platform told enough of it for anyone to see that a write of ours ran over it.</summary>
    public bool CanBeSeen => IsAnnounced && !IsWithinTick;

    public override string ToString() => $"{Token} of {Field} at {At.ToName()} ({Fate}, {(IsAnnounced ? "announced" : "not announced")})";
}
