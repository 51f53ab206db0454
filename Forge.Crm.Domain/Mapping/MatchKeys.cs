using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>The keys by which two platforms' records are known to be the same: a contact's e-mail addresses, a company's domain. Never a name.</summary>
public static class MatchKeys
{
    private static readonly ImmutableDictionary<RecordKind, ImmutableArray<(string Field, string Prefix)>> Fields =
        new Dictionary<RecordKind, ImmutableArray<(string, string)>>
        {
            [RecordKind.Contact] = [("email", "email:"), ("additional_emails", "email:")],
            [RecordKind.Company] = [("domain", "domain:")],
        }.ToImmutableDictionary();

    /// <returns>Strongest first, e.g. <c>email:ann@example.com</c>.</returns>
    public static ImmutableArray<string> Of(RecordShape shape, Func<int, string?> valueOf) =>
        [.. Fields.GetValueOrDefault(shape.Kind, [])
            .SelectMany(key => (valueOf(shape.IndexOf(key.Field)) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries)
                .Select(value => key.Prefix + value.ToLowerInvariant()))
            .Distinct(StringComparer.Ordinal)];
}
