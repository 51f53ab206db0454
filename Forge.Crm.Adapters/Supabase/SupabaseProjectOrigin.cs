namespace Forge.Crm.Adapters.Supabase;

/// <summary>
/// The mark of our writes in the origin column: another one each time. So a row that we once wrote and a person then edits, which still shows
/// our mark, is told from a write of ours: there the mark changed.
/// </summary>
internal static class SupabaseProjectOrigin
{
    private const string Prefix = "forge:";

    public static string New() => $"{Prefix}{Guid.CreateVersion7():n}";

    /// <param name="before">What the column held before; null for a new row.</param>
    public static bool IsOurs(string? now, string? before) => now?.StartsWith(Prefix, StringComparison.Ordinal) == true && now != before;
}
