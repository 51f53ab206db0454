namespace Forge.Crm.Domain.Rules;

/// <summary>A rule's document is no rule.</summary>
/// <param name="path">Where, as a JSON pointer into the document, e.g. <c>/then/0/fields/amount</c>; empty for the whole.</param>
/// <param name="reason">What is wrong there, and what to write instead.</param>
public sealed class RuleFault(string path, string reason) : FormatException(path.Length == 0 ? reason : $"{path}: {reason}")
{
    public string Path { get; } = path;

    public string Reason { get; } = reason;
}

/// <summary>A rule that is well formed cannot do what it says with this record: an unknown stage, a value that a field cannot hold.</summary>
/// <param name="message">What, without any value: it stands in the run's row, and in the log.</param>
public sealed class RuleRunException(string message) : Exception(message);
