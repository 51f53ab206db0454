using System.Globalization;

namespace Forge.Crm.LocalHost.Pipedrive;

internal static class PipedriveNumbers
{
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The same in every process, unlike a hash code.</summary>
    public static int Seed(int seed, long salt) => unchecked((seed * 397) ^ (int)salt ^ (int)(salt >> 32));
}
