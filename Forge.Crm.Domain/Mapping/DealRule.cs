using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// By what two platforms' deals are the same: a tenant's own rule, e.g. <c>name</c>, <c>company</c> and <c>amount</c>. All parts must be
/// there and equal. Without a rule no deal matches.
/// </summary>
/// <param name="Parts">Fields of a deal, and <see cref="Company"/>: the hub's company that the deal belongs to.</param>
public sealed record DealRule(ImmutableArray<string> Parts)
{
    public const string Company = "company";

    private const char Separator = '\u001f';

    /// <summary>What a rule may name: fields that mean the same on every platform.</summary>
    public static ImmutableArray<string> Known { get; } =
        ["name", Company, "amount", "currency", "close_date", "deal_type", "owner_id", "status"];

    public static DealRule None { get; } = new([]);

    /// <summary>A rule that a tenant wants to save; empty for none.</summary>
    /// <exception cref="FormatException">It is no rule; the message names the place and the remedy.</exception>
    public static DealRule Parse(IReadOnlyList<string> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        for (var i = 0; i < parts.Count; i++)
        {
            if (!Known.Contains(parts[i]))
                throw new FormatException($"fields[{i}] is nothing that deals can be matched by; there are: {string.Join(", ", Known)}");
            if (parts.Take(i).Contains(parts[i]))
                throw new FormatException($"fields[{i}] names {parts[i]} a second time; leave it out.");
        }

        return parts.Count == 1
            ? throw new FormatException($"fields: {parts[0]} alone does not make two deals the same; add {(parts[0] == Company ? "name" : Company)}, or send [] for no rule.")
            : new([.. parts]);
    }

    /// <param name="valueOf">A field's canonical text.</param>
    /// <param name="company">The hub's company of the deal; null where it has none, or more than one.</param>
    /// <returns>The same for deals that the rule calls the same; null where a part is missing, or there is no rule.</returns>
    public string? KeyOf(Func<string, string?> valueOf, Guid? company)
    {
        ArgumentNullException.ThrowIfNull(valueOf);
        string?[] values = [.. Parts.Select(part => part == Company ? company?.ToString() : Plain(valueOf(part)))];
        return values.Length == 0 || values.Any(string.IsNullOrEmpty)
            ? null
            : "rule:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(Separator, values))));
    }

    // Of texts that people type twice, case and the width of gaps say nothing.
    private static string? Plain(string? text) =>
        text is null ? null : string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).ToLowerInvariant();
}
