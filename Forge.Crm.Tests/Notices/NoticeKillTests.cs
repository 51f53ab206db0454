using System.Runtime.CompilerServices;
using Forge.Crm.Adapters;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.LocalAzure;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Forge.Crm.Tests.Notices;

/// <summary>The functions in a process of its own, killed with SIGKILL after a mail has gone out and before that is noted.</summary>
[Trait("Category", "Proof")]
public sealed class NoticeKillTests : IAsyncLifetime
{
    internal const string WorkerRole = "notice-kill-test-worker";

    private HubDatabase _hub = null!;

    public async Task InitializeAsync()
    {
        _hub = await HubDatabase.CreateAsync();
        await _hub.ExecuteAsync("create table mail_server (mail uuid, subject text, at timestamptz default clock_timestamp()); create table hangs ()");
    }

    public async Task DisposeAsync() => await _hub.DisposeAsync();

    [Fact]
    public async Task A_mail_is_sent_once_more_at_most_and_by_the_same_name()
    {
        var to = new NoticeTarget.Address("ann@example.com");
        await _hub.Tenant.ExecuteAsync(_hub.Id, [Adapters.Postgres.NoticeRows.Insert(_hub.Id, [NoticeBed.Notice(to, "one"), NoticeBed.Notice(to, "two")])], CancellationToken.None);
        await _hub.ExecuteAsync("insert into hangs default values");
        await RunUntilAsync("select count(*) = 1 from mail_server");
        (await _hub.RowsAsync("select status, attempts from crm_notices")).ShouldBe(["pending|1", "pending|1"]);

        // Its hold on them is over in minutes; here at once.
        await _hub.ExecuteAsync("delete from hangs; update crm_notices set due_at = now()");
        await RunUntilAsync("select not exists (select from crm_notices where status <> 'sent')");

        (await _hub.RowsAsync("select subject, count(*), count(distinct mail) from mail_server group by subject order by subject")).ShouldBe(["one|2|1", "two|1|1"]);
        (await _hub.RowsAsync("select status, attempts from crm_notices")).ShouldBe(["sent|2", "sent|2"]);
    }

    internal static async Task RunWorkerAsync(string[] args)
    {
        var (owner, app, relay, tenant) = (args[0], args[1], args[2], new TenantId(Guid.Parse(args[3])));
        var builder = FunctionsApplication.CreateBuilder(
        [
            "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--ServiceBus={owner}", "--Forge:PublicBaseUrl=https://sync.example.com",
            $"--Postgres:AppConnectionString={app}", $"--Postgres:RelayConnectionString={relay}", "--LocalBus:LockDuration=00:00:01",
        ]);
        builder.FunctionTypes.Clear(); // the entry assembly here is that of the tests
        builder.ConfigureFunctionsWebApplication().AddFunctionsFrom(typeof(HubSpotWebhookFunction).Assembly);
        builder.Services.AddSingleton<ISecretStore>(new FakeSecretStore());
        builder.Services.AddForgeCrm(builder.Configuration);
        builder.Services.AddSingleton<INoticeSender<OutgoingMail>>(new MailTable(NpgsqlDataSource.Create(owner)));
        using var host = builder.Build();
        await host.StartAsync();
        await host.Services.GetRequiredService<Rings>().NoticesAsync(tenant, CancellationToken.None);
        await host.WaitForShutdownAsync();
    }

    private async Task RunUntilAsync(string condition)
    {
        using var worker = ChildProcess.Start(WorkerRole, _hub.ConnectionString, _hub.AppConnectionString, _hub.RelayConnectionString, _hub.Id.ToString());
        try
        {
            await Wait.UntilAsync(() => _hub.ScalarAsync<bool>(condition), $"never: {condition}");
        }
        finally
        {
            worker.Kill();
            await worker.WaitForExitAsync();
        }
    }

    /// <summary>A mail server that remembers in the database, and then answers nobody for as long as <c>hangs</c> has a row.</summary>
    private sealed class MailTable(NpgsqlDataSource database) : INoticeSender<OutgoingMail>
    {
        public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<OutgoingMail> batch, [EnumeratorCancellation] CancellationToken ct)
        {
            foreach (var mail in batch)
            {
                await using var command = database.CreateCommand("insert into mail_server (mail, subject) values ($1, $2)");
                command.Parameters.AddWithValue(mail.Id);
                command.Parameters.AddWithValue(mail.Subject);
                await command.ExecuteNonQueryAsync(ct);
                await using var hangs = database.CreateCommand("select exists (select from hangs)");
                if (await hangs.ExecuteScalarAsync(ct) is true)
                    await Task.Delay(Timeout.InfiniteTimeSpan, CancellationToken.None);
                yield return new(mail.Id, NoticeFate.Sent);
            }
        }
    }
}
