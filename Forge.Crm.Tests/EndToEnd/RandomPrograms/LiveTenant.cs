using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Simulation;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>An edit that a person tried to make; whether something came of it the witness knows.</summary>
internal sealed record TriedEdit(IPlatformSite Site, LiveField Field, string Id, string Token);

/// <summary>A tenant of the running product, whose people work in three systems as a program says.</summary>
internal sealed class LiveTenant
{
    private readonly SystemsHost _host;
    private readonly Dictionary<Platform, ISite> _sites;
    private readonly LiveWeather _weather;

    public LiveTenant(SystemsHost host, TenantId id, long account, Witness witness, LiveWeather weather, SimulationProgram program)
    {
        (_host, Id, Account, Program, _weather) = (host, id, account, program, weather);
        (Token, Stored) = ($"token-{account}", new(host.Hub, id));
        _sites = new()
        {
            [Platform.Supabase] = new HubSite(host.Hub, id),
            [Platform.HubSpot] = new HubSpotSite(host.HubSpot.AddAccount(account, Token), witness),
            [Platform.Pipedrive] = new PipedriveSite(host.Pipedrive.AddAccount(account, Token), witness),
        };
    }

    public TenantId Id { get; }

    /// <summary>Its number on either platform.</summary>
    public long Account { get; }

    public string Token { get; }

    public SimulationProgram Program { get; }

    public StoredHub Stored { get; }

    public IEnumerable<IPlatformSite> Platforms => _sites.Values.OfType<IPlatformSite>();

    public List<TriedEdit> Edits { get; } = [];

    /// <summary>The calls so far that changed something on its platforms.</summary>
    public IReadOnlyList<string> Writes => _host.WritesOf(Account);

    public async Task ConnectAsync()
    {
        await _host.ConnectAsync(Id, Token, Token);
        await _host.Hub.ExecuteAsync($"""
            update crm_sync_configs set kinds = array['company', 'contact', 'deal', 'activity'], strategy = '{Program.Setup.Strategy}', strategies = '{Program.Setup.Strategies}', delete_policy = '{Program.Setup.OnDelete.ToName()}'
             where tenant_id = '{Id}'
            """);
        _host.Functions.Services.GetRequiredService<PlatformSessions>().Forget(Id);
    }

    public async Task PlayAsync()
    {
        foreach (var step in Program.Steps)
            await PlayAsync(step);
    }

    public Task SweepAsync() => _host.SweepAsync(Id);

    /// <summary>A person tries everything again that is listed.</summary>
    public Task RedriveAsync() => Task.WhenAll(Platforms.Select(site =>
        _host.Functions.Services.GetRequiredService<PushErrors>().RedriveAllAsync(Id, site.Platform, null, "a person", CancellationToken.None)));

    /// <summary>All that a platform's webhooks told us.</summary>
    public async Task<string> JournalAsync(Platform platform) => string.Join('\n', await _host.Hub.RowsAsync(
        $"select convert_from(raw, 'UTF8') from crm_webhook_events where tenant_id = '{Id}' and platform = '{platform.ToName()}'"));

    /// <summary>Everything that a quiet cycle must leave as it is.</summary>
    public async Task<string> StateAsync() => string.Join('\n', await _host.Hub.RowsAsync($"""
        select id::text, to_jsonb(c) - 'updated_at' from crm_contacts c where tenant_id = '{Id}'
        union all select id::text, to_jsonb(c) - 'updated_at' from crm_companies c where tenant_id = '{Id}'
        union all select 'association ' || from_id || ' ' || to_id, to_jsonb(a) - 'bases' from crm_associations a where tenant_id = '{Id}'
        union all select id::text, to_jsonb(c) from crm_conflict_records c where tenant_id = '{Id}'
        union all select 'history', to_jsonb(count(*)) from crm_audit_log where tenant_id = '{Id}'
        order by 1
        """));

    /// <summary>What is known of the hub's record on every platform, for who looks for the cause of a failure.</summary>
    public async Task<string> TellAsync(Witness witness, RecordKind kind, Guid record)
    {
        var told = new List<string>();
        var family = $"select id from {RecordTable.NameOf(kind)} where tenant_id = '{Id}' and (id = '{record}' or merged_into_id = '{record}')";
        foreach (var link in await _host.Hub.RowsAsync($"select platform, external_id from crm_record_links where tenant_id = '{Id}' and record_id in ({family}) and external_id not like 'new:%' order by 1, 2"))
            told.Add(await TellAsync(witness, Names.Parse<Platform>(link.Split('|')[0]), kind, link.Split('|')[1]));
        told.AddRange(await _host.Hub.RowsAsync($"select record_id, platform, status, reason, attempts, cause from crm_outbox where tenant_id = '{Id}' and record_id in ({family}) order by 1, 2"));
        told.AddRange(Writes);
        return string.Join("\n    ", told);
    }

    /// <summary>What is known of a platform's record, for who looks for the cause of a failure.</summary>
    public async Task<string> TellAsync(Witness witness, Platform platform, RecordKind kind, string id)
    {
        var (name, where) = (platform.ToName(), $"tenant_id = '{Id}' and platform = '{platform.ToName()}' and remote_kind = '{LiveKind.Of(kind).Remote.ToName()}' and external_id = '{id}'");
        return string.Join("\n    ",
        [
            $"    {name} {kind.ToName()} {id}:", .. witness.Tell(platform, Account, kind, id), "journal:",
            .. await _host.Hub.RowsAsync($"select to_char(received_at, 'HH24:MI:SS.MS'), to_char(finished_at, 'HH24:MI:SS.MS'), id, change, status, reason, substring(convert_from(raw, 'UTF8') from '\"propertyName.*?,.*?,') from crm_webhook_events where {where} order by id"),
            "link:", .. await _host.Hub.RowsAsync($"select record_id, state, state_at, remote_version, read_at, seen, seen_stamps, pushed from crm_record_links where {where}"), "history:",
            .. await _host.Hub.RowsAsync($"select to_char(at, 'HH24:MI:SS.MS'), record_id, action, field, old_value, new_value, source, changed_at, cause, cause_id from crm_audit_log where tenant_id = '{Id}' and record_id in (select record_id from crm_record_links where {where}) order by id"),
        ]);
    }

    private Task PlayAsync(Step step) => step switch
    {
        Edit edit => DoAsync(edit),
        Create create => _sites[create.At].CreateAsync(KindOfNew(create.Person), create.Person),
        Remove remove => OnAsync(remove.At, remove.Record, live: true, _sites[remove.At].DeleteAsync),
        Restore restore => OnAsync(restore.At, restore.Record, live: false, _sites[restore.At].RestoreAsync),
        MergeRecords merge => DoAsync(merge),
        Associate associate => DoAsync(associate),
        Review review => DoAsync(review),
        Reconcile reconcile => DoAsync(reconcile),
        Weather weather => Task.Run(() => _weather.Turn(weather)),
        Pause pause => Task.Delay(pause.Milliseconds),
        _ => throw new InvalidOperationException($"There is no {step.GetType().Name} in real time."),
    };

    // Of four records two are contacts.
    private static readonly RecordKind[] Kinds = [RecordKind.Contact, RecordKind.Company, RecordKind.Contact, RecordKind.Activity];

    private static RecordKind KindOf(int record) => Kinds[record % Kinds.Length];

    private static RecordKind KindOfNew(int number) => number < 9 ? RecordKind.Contact : number < 12 ? RecordKind.Company : RecordKind.Activity;

    private static async Task<string?> PickAsync(ISite site, RecordKind kind, int record, bool live) =>
        await (live ? site.LiveAsync(kind) : site.DeletedAsync(kind)) is { Count: > 0 } there ? there[record / Kinds.Length % there.Count] : null;

    private async Task OnAsync(Platform at, int record, bool live, Func<RecordKind, string, Task> work)
    {
        if (await PickAsync(_sites[at], KindOf(record), record, live) is { } id)
            await work(KindOf(record), id);
    }

    private async Task DoAsync(Edit edit)
    {
        var (site, field) = (_sites[edit.At], LiveFields.All[edit.Field]);
        if (await PickAsync(site, field.Kind, edit.Record * Kinds.Length, live: true) is not { } id)
            return;
        if (site is IPlatformSite platform && edit.Value.Length > 0)
            Edits.Add(new(platform, field, id, edit.Value));
        await site.EditAsync(id, field, edit.Value);
    }

    private async Task DoAsync(MergeRecords merge)
    {
        var (site, kind) = (_sites[merge.At], KindOf(merge.Survivor));
        if (kind != RecordKind.Activity && await PickAsync(site, kind, merge.Survivor, live: true) is { } survivor
            && await PickAsync(site, kind, merge.Loser * Kinds.Length, live: true) is { } loser && survivor != loser)
            await site.MergeAsync(kind, survivor, loser);
    }

    private async Task DoAsync(Associate associate)
    {
        var site = _sites[associate.At];
        if (await PickAsync(site, RecordKind.Contact, associate.Contact * Kinds.Length, live: true) is { } contact
            && await PickAsync(site, RecordKind.Company, associate.Company * Kinds.Length, live: true) is { } company)
            await site.AssociateAsync(contact, company, associate.IsAdded);
    }

    private async Task DoAsync(Review review)
    {
        var open = (await _host.Hub.RowsAsync($"select id from crm_conflict_records where tenant_id = '{Id}' and state = 'open' order by id")).Select(Guid.Parse).ToList();
        if (open.Count > 0)
        {
            await _host.Functions.Services.GetRequiredService<Reviews>().ResolveAsync(
                Id, open[review.Conflict % open.Count], new(review.Pick, review.Value), always: false, "reviewer", CancellationToken.None);
        }
    }

    private Task DoAsync(Reconcile reconcile) => _host.Functions.Services.GetRequiredService<SyncRequests>().StartAsync(
        new(Id, reconcile.From) { Mode = reconcile.IsWhole ? SyncMode.Sweep : SyncMode.Incremental, RequestedBy = "a person" }, CancellationToken.None);
}
