using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Forge.Crm.Adapters.Notices;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Forge.Crm.Tests.Notices;

/// <summary>One database for a class of tests; each test has a tenant of its own.</summary>
public sealed class NoticeHub : IAsyncLifetime
{
    internal HubDatabase Hub { get; private set; } = null!;

    public async Task InitializeAsync() => Hub = await HubDatabase.CreateAsync();

    public async Task DisposeAsync() => await Hub.DisposeAsync();
}

/// <summary>A tenant, its notices, and a drain over senders that do as they are told. The clock stands still until a test moves it.</summary>
internal sealed class NoticeBed
{
    private static int _count;

    private NoticeBed(HubDatabase hub, TenantId tenant)
    {
        (Hub, Tenant) = (hub, tenant);
        Drain = NewDrain(hub.Tenant);
    }

    public HubDatabase Hub { get; }

    public TenantId Tenant { get; }

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public FakeSender<OutgoingMail> Mail { get; } = new(mail => mail.Id);

    public FakeSender<OutgoingWebhook> Webhooks { get; } = new(webhook => webhook.Id);

    public NoticeDrain Drain { get; }

    public static async Task<NoticeBed> CreateAsync(NoticeHub fixture, string zone = "UTC") => new(fixture.Hub, await fixture.Hub.AddTenantAsync(zone));

    public NoticeDrain NewDrain(TenantDatabase database)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new(
            new(database, Clock), Mail, Webhooks, Options.Create(new NoticeOptions()), new CrmMetrics(meters), Clock, NullLogger<NoticeDrain>.Instance);
    }

    public Task SetAsync(string settings) =>
        Hub.ExecuteAsync($$"""update crm_tenants set settings = '{"notices": {{settings}}}' where tenant_id = '{{Tenant}}'""");

    public async Task<Guid> OwnerAsync(string? email, string? name = null, bool isActive = true, Guid? id = null)
    {
        var owner = id ?? Guid.NewGuid();
        await using var command = Hub.Owner.CreateCommand(
            "insert into crm_owners (tenant_id, platform, external_id, owner_id, email, name, active, updated_at) values ($1, 'hubspot', $2, $3, $4, $5, $6, clock_timestamp())");
        foreach (var value in new object?[] { Tenant.Value, Guid.NewGuid().ToString(), owner, email, name, isActive })
            command.Parameters.AddWithValue(value ?? DBNull.Value);
        await command.ExecuteNonQueryAsync();
        return owner;
    }

    public static Notice Notice(NoticeTarget to, string subject = "Subject", string? key = null, NoticeRecord? about = null) =>
        new(to, subject, $"Text of {subject}", key ?? $"key {Interlocked.Increment(ref _count)}", new("test"), about);

    /// <returns>How many were new.</returns>
    public Task<int> TellAsync(params Notice[] notices) => Hub.Tenant.ExecuteAsync(Tenant, [NoticeRows.Insert(Tenant, notices)], CancellationToken.None);

    public async Task<Guid> TellOneAsync(NoticeTarget to, string subject = "Subject")
    {
        var notice = Notice(to, subject);
        await TellAsync(notice);
        return await Hub.ScalarAsync<Guid>($"select id from crm_notices where tenant_id = '{Tenant}' and dedupe_key = '{notice.Key}'");
    }

    public Task<bool> DrainAsync(TimeSpan? later = null)
    {
        Clock.Advance(later ?? TimeSpan.Zero);
        return Drain.DrainAsync(Tenant, CancellationToken.None);
    }

    /// <summary>Columns of the tenant's notices, in the order in which they were written.</summary>
    public Task<List<string>> RowsAsync(string columns) => Hub.RowsAsync($"select {columns} from crm_notices where tenant_id = '{Tenant}' order by created_at, id");
}

/// <summary>Sends nothing, and answers as a test says.</summary>
internal sealed class FakeSender<T>(Func<T, Guid> idOf) : INoticeSender<T>
{
    public List<T> Sent { get; } = [];

    public Func<T, NoticeReceipt>? Answer { get; set; }

    /// <summary>Thrown when the next has gone out and nobody has noted it: as good as a process that ends there.</summary>
    public Exception? DiesAfterNext { get; set; }

    public async IAsyncEnumerable<NoticeReceipt> SendAsync(IReadOnlyList<T> batch, [EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var each in batch)
        {
            Sent.Add(each);
            if (DiesAfterNext is { } death)
            {
                DiesAfterNext = null;
                throw death;
            }

            yield return await Task.FromResult(Answer?.Invoke(each) ?? new NoticeReceipt(idOf(each), NoticeFate.Sent));
        }
    }

    public List<T> Take()
    {
        List<T> taken = [.. Sent];
        Sent.Clear();
        return taken;
    }
}
