using Forge.Crm.Adapters.Sync;

namespace Forge.Crm.Tests.Sync;

public sealed class SyncStepsNumericIdTests
{
    [Fact]
    public void A_range_of_numbers_is_a_range_of_texts_for_each_length()
    {
        NumericId.Ranges("95", "1050").ShouldBe([("95", "99"), ("000", "999"), ("0000", "1050")]);
        NumericId.Ranges("7", "8").ShouldBe([("7", "8")]);
        NumericId.Ranges(null, "12").ShouldBe([("0", "9"), ("00", "12")]);
    }

    [Fact]
    public void Without_an_end_a_range_reaches_the_largest_64_bit_number() =>
        NumericId.Ranges("5", null)[^1].High.Length.ShouldBe(long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture).Length);

    [Theory]
    [InlineData(null, "1,2,10,100", true)]
    [InlineData("9", "10,11", true)]
    [InlineData("10", "10,11", false)]
    [InlineData(null, "2,10,9", false)]
    [InlineData(null, "1,a", false)]
    [InlineData(null, "01", false)]
    [InlineData(null, "adf21080-0e10-11eb-879b-05d71fb426ec", false)]
    public void Order_is_that_of_numbers(string? after, string ids, bool ascend) => NumericId.Ascend(after, ids.Split(',')).ShouldBe(ascend);
}
