using Forge.Crm.Domain.Mapping;

namespace Forge.Crm.Tests.Mapping;

public sealed class NormalFormTests
{
    private static readonly string Long = string.Concat(Enumerable.Repeat("0123456789", 6));

    [Theory]
    [InlineData("Ann", "ann", true)]
    [InlineData("Ann", " A n n. ", true)]
    [InlineData("+1 (555) 010", "+1555010", true)]
    [InlineData("Smithson", "Smith", false)]
    [InlineData("Smith", "Smithson", false)]
    [InlineData("Ann", "...", false)]
    [InlineData("...", "", false)]
    [InlineData("Ann", null, false)]
    [InlineData(null, "Ann", false)]
    public void A_form_differs_in_case_white_space_and_punctuation_only(string? sent, string? shown, bool may) =>
        NormalForm.MayBe(sent, shown).ShouldBe(may);

    [Theory]
    [InlineData(39, false)]
    [InlineData(40, true)]
    [InlineData(59, true)]
    public void Or_has_its_end_cut_off_where_enough_is_left(int length, bool may) => NormalForm.MayBe(Long, Long[..length]).ShouldBe(may);
}
