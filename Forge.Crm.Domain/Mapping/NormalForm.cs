namespace Forge.Crm.Domain.Mapping;

/// <summary>
/// What a platform may have made of a value that we wrote, where its answer got lost and cannot say: other case, other white space or
/// punctuation, or the end cut off. Another value altogether is an edit.
/// </summary>
public static class NormalForm
{
    /// <summary>No platform cuts a field shorter, and a shorter text may as well be an edit (Smith, Smithson).</summary>
    private const int ShortestCut = 40;

    /// <param name="sent">Ours; nothing has no other form.</param>
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
