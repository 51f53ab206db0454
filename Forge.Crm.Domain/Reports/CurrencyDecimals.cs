using System.Collections.Immutable;

namespace Forge.Crm.Domain.Reports;

/// <summary>How many decimals a currency has (ISO 4217, List One): the sums of reports are rounded to them, once.</summary>
public static class CurrencyDecimals
{
    public const int Usual = 2;

    /// <summary>Those that have not two.</summary>
    public static readonly ImmutableSortedDictionary<int, ImmutableArray<string>> Unusual = new Dictionary<int, ImmutableArray<string>>
    {
        [0] = ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"],
        [3] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"],
        [4] = ["CLF", "UYW"],
    }.ToImmutableSortedDictionary();
}
