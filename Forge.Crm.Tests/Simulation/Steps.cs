using System.Collections.Immutable;
using System.Globalization;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>One step of a program: something that a person, the network, a worker or time does. A record is named by its place in its system.</summary>
internal abstract record Step;

internal sealed record Edit(Platform At, int Record, int Field, string Value) : Step;

/// <param name="Person">The same number on two systems is the same e-mail address.</param>
internal sealed record Create(Platform At, int Person) : Step;

internal sealed record Remove(Platform At, int Record) : Step;

internal sealed record Restore(Platform At, int Record) : Step;

internal sealed record MergeRecords(Platform At, int Survivor, int Loser) : Step;

/// <summary>A person settles one of the open conflicts.</summary>
internal sealed record Review(int Conflict, ReviewPick Pick, string Value) : Step;

/// <summary>Every webhook under way is delivered, delayed, doubled or lost, in an order of its own.</summary>
internal sealed record Deliver(int Dice) : Step;

/// <summary>A worker takes what is pending in a platform's lane.</summary>
internal sealed record Apply(Platform From, ApplyFault Fault = ApplyFault.None) : Step;

/// <summary>A worker takes the outbox of a platform.</summary>
/// <param name="Between">What a person does between the worker's look and its write.</param>
internal sealed record Push(Platform To, PushFault Fault = PushFault.None, Edit? Between = null) : Step;

/// <param name="IsWhole">Everything, deleted records too; else what changed since the last time.</param>
internal sealed record Reconcile(Platform From, bool IsWhole) : Step;

internal sealed record Wait(int Seconds) : Step;

/// <summary>A person says for which company a contact works, or that they do no more.</summary>
internal sealed record Associate(Platform At, int Contact, int Company, bool IsAdded) : Step;

/// <summary>A platform, or the network before it, turns bad in one way, until it is told otherwise.</summary>
internal sealed record Weather(Platform At, Trouble Trouble) : Step;

/// <summary>People do nothing for a moment of real time.</summary>
internal sealed record Pause(int Milliseconds) : Step;

internal enum Trouble
{
    None,
    WebhooksLost,
    WebhooksDoubled,
    WebhooksLate,

    /// <summary>429.</summary>
    Throttled,

    /// <summary>503, and nothing was done.</summary>
    Failing,

    /// <summary>The platform does it and the answer is lost.</summary>
    AnswersLost,

    /// <summary>The connection breaks, and nothing was done.</summary>
    ConnectionsLost,

    /// <summary>Reads, lists and searches are answered from some moments before.</summary>
    ReadsStale,
}

internal enum ApplyFault
{
    None,

    /// <summary>The worker dies before its transaction commits.</summary>
    DiesBeforeCommit,

    /// <summary>The worker dies after it, and the bus delivers the message again.</summary>
    DiesBeforeAck,

    /// <summary>The platform answers from a replica that is some seconds behind.</summary>
    StaleRead,

    /// <summary>429 at the first call.</summary>
    Refused,
}

internal enum PushFault
{
    None,
    RateLimited,

    /// <summary>The worker dies when what is to be sent is stored, before the call.</summary>
    DiesBeforeCall,

    /// <summary>The platform does it and the answer is lost, with the worker or without.</summary>
    AnswerLost,

    /// <summary>A timeout, and nothing was done.</summary>
    NothingDone,

    /// <summary>The echo of the write is delivered and applied before the answer is.</summary>
    EchoFirst,

    /// <summary>What is under way is delivered and applied when what is to be sent is stored, and before the call.</summary>
    HeardFirst,
}

/// <summary>What a run is played under.</summary>
/// <param name="Strategies">As <c>crm_sync_configs.strategies</c> would hold them.</param>
/// <param name="HubSpotSkew">How far the platform's clock is ahead of ours, in seconds.</param>
/// <param name="Automations">Each platform has a rule of its own that rewrites a field after every write, and they disagree.</param>
/// <param name="IsAnonymous">Pipedrive keeps neither our id nor an address, as of activities and notes: records are told by what they say. Nobody can merge them.</param>
internal sealed record Setup(
    string Strategy = "timestamp_based", string Strategies = "{}", long HubSpotSkew = 0, long PipedriveSkew = 0, bool Automations = false,
    DeletePolicy OnDelete = DeletePolicy.Propagate, bool IsAnonymous = false);

internal sealed record SimulationProgram(Setup Setup, ImmutableArray<Step> Steps)
{
    /// <summary>As C#, to paste into <see cref="FoundTests"/>.</summary>
    public string Code() =>
        $"Holds({Code(Setup)},\n[\n{string.Concat(Steps.Select(step => $"    {Code(step)},\n"))}]);";

    private static string Code(object value) => value switch
    {
        string text => $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        bool flag => flag ? "true" : "false",
        Enum name => $"{name.GetType().Name}.{name}",
        Step or Simulation.Setup => Construct(value),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Construct(object value)
    {
        var arguments = value.GetType().GetConstructors()[0].GetParameters()
            .Select(parameter => value.GetType().GetProperty(parameter.Name!)!.GetValue(value) is { } argument ? Code(argument) : "null");
        return $"new {value.GetType().Name}({string.Join(", ", arguments)})";
    }
}
