using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.LocalHost.Stack;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MimeKit;

namespace Forge.Crm.Tests.Notices;

/// <summary>How mail is set up, and that it goes where it is set up to.</summary>
public sealed class NoticeStartTests
{
    [Theory]
    [InlineData("Notices:From is no sender", "Smtp:Host=mail.example.com")]
    [InlineData("Notices:From is no sender", "Smtp:Host=mail.example.com", "From=nobody")]
    [InlineData("both set", "Smtp:Host=mail.example.com", "Folder=mail", "From=a@example.com")]
    [InlineData("belong together", "Smtp:Host=mail.example.com", "From=a@example.com", "Smtp:User=u")]
    [InlineData("None is for a server on this machine", "Smtp:Host=mail.example.com", "From=a@example.com", "Smtp:Security=None")]
    [InlineData("StartTls or SslOnConnect", "Smtp:Host=mail.example.com", "From=a@example.com", "Smtp:Security=StartTlsWhenAvailable")]
    [InlineData("from 1 to 65535", "Smtp:Host=mail.example.com", "From=a@example.com", "Smtp:Port=0")]
    [InlineData("LinkBaseUrl", "LinkBaseUrl=crm.example.com")]
    [InlineData("LinkBaseUrl", "LinkBaseUrl=javascript:alert(1)")]
    public void A_wrong_setting_stops_the_host_and_says_which(string problem, params string[] settings) =>
        Should.Throw<OptionsValidationException>(() => Options(settings)).Message.ShouldContain(problem);

    [Theory]
    [InlineData(typeof(NoMail))]
    [InlineData(typeof(NoMail), "LinkBaseUrl=https://crm.example.com/app")]
    [InlineData(typeof(MailFolder), "Folder=mail", "From=a@example.com")]
    [InlineData(typeof(SmtpMail), "Smtp:Host=mail.example.com", "From=Forge <a@example.com>", "Smtp:Port=465", "Smtp:Security=SslOnConnect", "Smtp:User=u", "Smtp:PasswordSecret=p")]
    [InlineData(typeof(SmtpMail), "Smtp:Host=localhost", "From=a@example.com", "Smtp:Security=None")]
    public void Mail_goes_by_what_is_set(Type way, params string[] settings)
    {
        using var provider = Provider(settings);
        provider.GetRequiredService<IOptions<NoticeOptions>>().Value.ShouldNotBeNull();
        provider.GetRequiredService<INoticeSender<OutgoingMail>>().ShouldBeOfType(way);
    }

    [Fact]
    public async Task Where_nothing_is_set_mail_fails_at_once_and_says_what_to_set()
    {
        var receipts = new List<NoticeReceipt>();
        await foreach (var receipt in new NoMail().SendAsync([new(new(Guid.NewGuid()), Guid.NewGuid(), "a@example.com", null, "s", "t", "h", default)], CancellationToken.None))
            receipts.Add(receipt);
        (receipts.Single().Fate, receipts[0].Reason).ShouldBe((NoticeFate.Failed, NoMail.Reason));
    }

    [Fact]
    public async Task On_this_machine_mail_is_written_into_a_folder_and_shown()
    {
        await using var hub = await HubDatabase.CreateAsync();
        var folder = Directory.CreateTempSubdirectory("forge-mail");
        await using var functions = await LocalFunctions.StartAsync(
            new(hub.ConnectionString, hub.AppConnectionString, hub.RelayConnectionString), Path.Combine(folder.FullName, "secrets.json"),
            new Dictionary<string, string?> { ["HubSpot:ClientSecret"] = "a-client-secret-for-tests" }, CancellationToken.None);
        var notices = functions.Services.GetRequiredService<NoticeRings>();
        await notices.PostAsync(hub.Id, NoticeBed.Notice(new NoticeTarget.Address("kim@example.com"), "거래 <성사>"), CancellationToken.None);

        await Wait.UntilAsync(() => hub.ScalarAsync<bool>("select status = 'sent' from crm_notices"), "no mail was written");

        var file = Directory.GetFiles(Path.Combine(folder.FullName, "mail")).ShouldHaveSingleItem();
        file.ShouldEndWith(".eml");
        using var mail = await MimeMessage.LoadAsync(file);
        (mail.Subject, mail.To.ToString()).ShouldBe(("거래 <성사>", "kim@example.com"));
        mail.HtmlBody!.ShouldContain("거래 &lt;성사&gt;");
        folder.Delete(recursive: true);
    }

    private static NoticeOptions Options(string[] settings)
    {
        using var provider = Provider(settings);
        return provider.GetRequiredService<IOptions<NoticeOptions>>().Value;
    }

    private static ServiceProvider Provider(string[] settings) => new ServiceCollection()
        .AddSingleton(TimeProvider.System).AddSingleton<ISecretStore>(new Fakes.FakeSecretStore())
        .AddNotices(
            new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"Notices:{setting.Split('=', 2)[0]}", (string?)setting.Split('=', 2)[1]))).Build(),
            rings: false)
        .BuildServiceProvider();
}
