using Forge.Crm.Adapters.Http;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Notices;

public static class NoticeRegistration
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    // A name that leads elsewhere from now on is looked up anew.
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);

    /// <summary>Adds what goes out as mail and webhooks. Whoever wants to hear of mails that are written into a folder registers an <see cref="IProgress{T}"/> of <see cref="WrittenMail"/>.</summary>
    /// <param name="rings">False in a program without the bus: notices are written, and sent by whoever runs the functions.</param>
    internal static IServiceCollection AddNotices(this IServiceCollection services, IConfiguration configuration, bool rings)
    {
        services.AddOptions<NoticeOptions>().Bind(configuration.GetSection(NoticeOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider => new NoticeRings(rings ? provider.GetRequiredService<Rings>() : null, provider.GetRequiredService<TenantDatabase>()));
        services.AddSingleton(provider => new NoticeSecrets(
            provider.GetRequiredService<ISecretStore>(), provider.GetRequiredService<TenantDatabase>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<MailMessages>();
        services.AddSingleton(OpenMail);
        services.AddWebhooks();
        services.AddSingleton<NoticeQueue>();
        services.AddSingleton<NoticeDrain>();
        services.AddSingleton(provider => new NoticesHandler(provider.GetRequiredService<NoticeDrain>(), provider.GetRequiredService<Rings>()));
        return services;
    }

    private static INoticeSender<OutgoingMail> OpenMail(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<NoticeOptions>>();
        var messages = provider.GetRequiredService<MailMessages>();
        return options.Value switch
        {
            { Folder.Length: > 0 } => new MailFolder(options, messages, provider.GetService<IProgress<WrittenMail>>()),
            { Smtp.Host.Length: > 0 } => new SmtpMail(options, messages, provider.GetRequiredService<ISecretStore>(), provider.GetRequiredService<TimeProvider>()),
            _ => new NoMail(),
        };
    }

    private static void AddWebhooks(this IServiceCollection services)
    {
        services.AddHttpClient(SignedWebhook.ClientName, client => client.Timeout = CallLimit)
            // They would write addresses into the log, and those of receivers may be secrets.
            .RemoveAllLoggers()
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, provider) =>
            {
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ConnectTimeout = ConnectLimit;
                handler.PooledConnectionLifetime = ConnectionLifetime;
                PublicAddresses.Guard(handler, provider.GetRequiredService<IOptions<NoticeOptions>>().Value.AllowLoopback);
            });
        services.AddSingleton<INoticeSender<OutgoingWebhook>, SignedWebhook>();
    }
}
