using System.Text;
using Forge.Crm.Adapters.Pipedrive;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Tests.Pipedrive;

public sealed class PipedriveAuthTests
{
    private const string Current = "forge:a-password-of-our-own";
    private const string Previous = "forge:the-password-before-it";
    private static readonly DateTimeOffset Now = new(2026, 9, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly PipedriveSecrets Secrets = new(Current, Previous, Now.AddHours(1));

    [Fact]
    public void The_password_that_the_webhook_was_made_with_is_valid()
    {
        Check(Basic(Current)).ShouldBe(PipedriveAuthCheck.Valid);
        Check(Basic(Current).Replace("Basic", "basic", StringComparison.Ordinal)).ShouldBe(PipedriveAuthCheck.Valid);
        PipedriveAuth.Check(Basic("zoë:pässword-with-ümlauts"), Now, new("zoë:pässword-with-ümlauts")).ShouldBe(PipedriveAuthCheck.Valid);
    }

    [Fact]
    public void Any_single_byte_that_differs_makes_it_invalid()
    {
        for (var i = 0; i < Current.Length; i++)
        {
            var forged = Current.ToCharArray();
            forged[i] = forged[i] == 'x' ? 'y' : 'x';
            Check(Basic(new string(forged))).ShouldBe(PipedriveAuthCheck.Mismatch);
        }

        Check(Basic(Current + "x")).ShouldBe(PipedriveAuthCheck.Mismatch);
        Check(Basic(Current[..^1])).ShouldBe(PipedriveAuthCheck.Mismatch);
    }

    [Fact]
    public void The_password_before_a_rotation_is_valid_until_it_expires()
    {
        Check(Basic(Previous)).ShouldBe(PipedriveAuthCheck.Valid);
        PipedriveAuth.Check(Basic(Previous), Now.AddHours(1), Secrets).ShouldBe(PipedriveAuthCheck.Mismatch);
        PipedriveAuth.Check(Basic(Previous), Now, new(Current, Previous)).ShouldBe(PipedriveAuthCheck.Mismatch);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Bearer abc")]
    [InlineData("Basicabc")]
    [InlineData("Digest username=forge")]
    public void A_header_of_another_form_is_malformed(string header) => Check(header).ShouldBe(PipedriveAuthCheck.Malformed);

    [Fact]
    public void No_header_two_headers_and_an_endless_one_are_malformed()
    {
        Check(StringValues.Empty).ShouldBe(PipedriveAuthCheck.Malformed);
        Check(new([Basic(Current), Basic(Current)])).ShouldBe(PipedriveAuthCheck.Malformed);
        Check("Basic " + new string('a', 2_000)).ShouldBe(PipedriveAuthCheck.Malformed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("no-colon-no-user")]
    public void Without_a_secret_nothing_is_valid(string? secret)
    {
        foreach (var presented in new[] { "", ":", "no-colon-no-user", Current })
            PipedriveAuth.Check(Basic(presented), Now, new(secret)).ShouldNotBe(PipedriveAuthCheck.Valid);
        PipedriveAuth.Check("Basic ", Now, new(secret)).ShouldNotBe(PipedriveAuthCheck.Valid);
    }

    [Theory]
    [InlineData("forge", "short")]
    [InlineData("for:ge", "a-password-of-our-own")]
    [InlineData(null, "a-password-of-our-own")]
    public void A_connection_is_not_made_with_a_weak_password(string? user, string password) =>
        Should.Throw<ArgumentException>(() => CrmCredentials.ApiToken("token", user, password)).Message.ShouldNotContain(password);

    [Fact]
    public void A_connections_credentials_are_what_the_account_is_opened_with()
    {
        var credentials = CrmCredentials.ApiToken("token-1", "forge", "a-password-of-our-own");
        PipedriveCredential.Parse(credentials.Secret).ApiToken.ShouldBe("token-1");
        credentials.WebhookSecret.ShouldBe(Current);
    }

    private static PipedriveAuthCheck Check(StringValues header) => PipedriveAuth.Check(header, Now, Secrets);

    private static string Basic(string secret) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
}
