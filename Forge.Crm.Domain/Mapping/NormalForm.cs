namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// What a platform may have made of a value that we wrote, where its answer got lost and cannot say: other case, other white space or
/// punctuation, or the end cut off. Another value altogether is an edit.
/// </summary>
internal static class NormalForm
{
    /// <summary>A shorter text says too little to be the beginning of another.</summary>
    private const int ShortestCut = 4;

    public static bool MayBe(string? sent, string? shown)
    {
        if (sent is null || shown is null)
            return false;
        var (a, b) = (Letters(sent), Letters(shown));
        return b.Length > 0 && (string.Equals(a, b, StringComparison.OrdinalIgnoreCase)
            || (b.Length >= ShortestCut && a.StartsWith(b, StringComparison.OrdinalIgnoreCase)));
    }

    private static string Letters(string text) => string.Concat(text.Where(char.IsLetterOrDigit));
}
