using CsCheck;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Mapping;

public sealed class CanonicalTests
{
    private static readonly TenantLocale Berlin = new(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), "DE", "EUR");

    [Theory]
    [InlineData(FieldType.Email, "  Ann@Example.COM ", "ann@example.com")]
    [InlineData(FieldType.Text, " a\r\nb ", "a\nb")]
    [InlineData(FieldType.Text, "Zoe\u0308", "Zo\u00eb")]
    [InlineData(FieldType.Text, "   ", null)]
    [InlineData(FieldType.Phone, "030 901820", "+4930901820")]
    [InlineData(FieldType.Phone, "+1 (555) 010-0199", "+15550100199")]
    [InlineData(FieldType.Phone, "ask Ann", "ask Ann")]
    [InlineData(FieldType.HostName, "https://www.Example.com/about?x=1", "example.com")]
    [InlineData(FieldType.WholeNumber, "42.0", "42")]
    [InlineData(FieldType.Number, "1234.50000", "1234.5")]
    [InlineData(FieldType.Number, "-0.00001", "0")]
    [InlineData(FieldType.Number, "1e3", "1000")]
    [InlineData(FieldType.Date, "2026-03-01", "2026-03-01")]
    [InlineData(FieldType.Date, "2026-02-28T23:30:00.000Z", "2026-03-01")]
    [InlineData(FieldType.Date, "1772321400000", "2026-03-01")]
    [InlineData(FieldType.Time, "2026-02-28T23:30:00.1234567+01:00", "2026-02-28T22:30:00.123456Z")]
    [InlineData(FieldType.Flag, "TRUE", "true")]
    [InlineData(FieldType.Set, "b; a;b", "a;b")]
    [InlineData(FieldType.Number, "", null)]
    public void One_text_for_every_spelling(FieldType type, string text, string? canonical) =>
        Canonical.Of(type, text, Berlin).ShouldBe(canonical);

    [Theory]
    [InlineData(FieldType.Number, "twelve")]
    [InlineData(FieldType.Number, "1000000000000000")]
    [InlineData(FieldType.WholeNumber, "1e30")]
    [InlineData(FieldType.Date, "31.12.2026")]
    [InlineData(FieldType.Time, "soon")]
    [InlineData(FieldType.Flag, "maybe")]
    [InlineData(FieldType.Text, "a\0b")]
    public void What_a_column_cannot_hold_is_refused_without_repeating_it(FieldType type, string text)
    {
        var refusal = Should.Throw<FormatException>(() => Canonical.Of(type, text, Berlin));
        refusal.Message.ShouldNotContain(text);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused() =>
        Should.Throw<FormatException>(() => Canonical.Of(FieldType.Text, "a" + (char)0xd800 + "b", Berlin)); // no attribute could carry it

    [Fact]
    public void Canonical_texts_are_fixed_points() =>
        Gen.Select(Gen.Enum<FieldType>().Where(type => type != FieldType.Reference), Gen.String).Sample((type, text) =>
        {
            string? once;
            try
            {
                once = Canonical.Of(type, text, Berlin);
            }
            catch (FormatException)
            {
                return;
            }

            Canonical.Of(type, once, Berlin).ShouldBe(once);
        }, iter: 20_000);
}
