using System.Globalization;
using System.Net;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Fakes;
using Forge.Crm.Tests.PostgreSql;
using Microsoft.Extensions.Logging.Abstractions;

namespace Forge.Crm.Tests.Simulation;

/// <summary>A worker's process ends in the middle of its work.</summary>
internal sealed class WorkerDiedException() : Exception("The worker dies here.");

/// <summary>
/// The programs of <see cref="World"/> against the product itself: journal, outbox, change capture and both drains on a real PostgreSQL. Only
/// the two platforms and the clock are models.
/// </summary>
internal sealed class SlowWorld : IAsyncDisposable
{
    private readonly SlowClock _clock = new();
    private readonly Dictionary<Platform, ModelCrm> _crms;
    private readonly Dictionary<Platform, SlowFaults> _faults;
    private readonly Dictionary<Platform, DateTimeOffset> _reconciledAt = [];
    private readonly Journal _journal;
    private readonly ChangeDrain _changes;
    private readonly PushDrain _pushes;
    private readonly PlatformSessions _sessions;
    private readonly SnapshotApplier _applier;
    private readonly Reviews _reviews;
    private int _steps;

    private SlowWorld(Setup setup, HubDatabase database, ServiceBusClient bus)
    {
        Hub = new(database, _clock);
        _crms = new[] { Traits.HubSpot(setup), Traits.Pipedrive(setup) }.ToDictionary(traits => traits.Platform, traits => new ModelCrm(traits, () => _clock.Now));
        _faults = _crms.Keys.ToDictionary(platform => platform, _ => new SlowFaults());
        var configs = new SyncConfigs(database.Tenant, _clock, NullLogger<SyncConfigs>.Instance);
        var secrets = new FakeSecretStore();
        foreach (var platform in _crms.Keys)
            secrets.SetAsync($"secret-{platform.ToName()}", "open", CancellationToken.None);
        var (lookups, store, states) = (new LookupStore(database.Tenant), new RecordStore(database.Tenant, _clock), new SyncStates(database.Tenant, configs));
        var outbox = new Outbox(database.Tenant);
        (_journal, _applier) = (new(database.Tenant), new(store, lookups));
        _sessions = new(configs, lookups, secrets, _crms.Values.Select(crm => new SlowConnector(crm, _faults[crm.Traits.Platform])), _clock);
        _changes = new(_journal, _sessions, _applier, states, new Rings(bus, NullLogger<Rings>.Instance), _clock, NullLogger<ChangeDrain>.Instance);
        _pushes = new(
            outbox, _sessions, store, new(store, _applier), new(store, _applier, outbox, _clock), new(store, _clock), new(new(database.Tenant), NullLogger<DeleteGuard>.Instance), new(store, new(database.Tenant)), states, _clock, NullLogger<PushDrain>.Instance);
        _reviews = new(store, new ConflictViews(database.Tenant), configs, _sessions);
    }

    public SlowHub Hub { get; }

    public IReadOnlyCollection<ModelCrm> Crms => _crms.Values;

    public List<PersonEdit> Edits { get; } = [];

    public int Writes => _crms.Values.Sum(crm => crm.Writes);

    public static async Task<SlowWorld> CreateAsync(Setup setup, ServiceBusClient bus)
    {
        var world = new SlowWorld(setup, await HubDatabase.CreateAsync(), bus);
        await world.Hub.PrepareAsync(setup);
        return world;
    }

    public async Task PlayAsync(Step step)
    {
        _steps++;
        _clock.Now = _clock.Now.AddMilliseconds(700);
        await (step switch
        {
            Edit edit => DoAsync(edit),
            Create create => DoAsync(create),
            Remove remove => DoAsync(remove),
            Restore restore => DoAsync(restore),
            MergeRecords merge => DoAsync(merge),
            Review review => DoAsync(review),
            Deliver deliver => DoAsync(deliver),
            Apply apply => ApplyAsync(apply.From, apply.Fault),
            Push push => PushAsync(push.To, push.Fault, push.Between),
            Reconcile reconcile => DoAsync(reconcile),
            Wait wait => Task.FromResult(_clock.Now = _clock.Now.AddSeconds(wait.Seconds)),
            _ => throw new InvalidOperationException($"There is no {step.GetType().Name}."),
        });
    }

    /// <summary>People stop; the network delivers what is left; every worker runs until nothing is to do.</summary>
    /// <returns>False where that never comes to an end.</returns>
    public async Task<bool> SettleAsync(int rounds = 40)
    {
        for (var round = 0; round < rounds; round++)
        {
            _clock.Now = _clock.Now.AddSeconds(30);
            foreach (var crm in _crms.Values)
                await ReceiveAsync(crm, [.. crm.Webhooks]);
            foreach (var platform in _crms.Keys)
                await ApplyAsync(platform, ApplyFault.None);
            foreach (var platform in _crms.Keys)
                await PushAsync(platform, PushFault.None, null);
            if (!await Hub.IsBusyAsync() && _crms.Values.All(crm => crm.Webhooks.Count == 0))
                return true;
        }

        return false;
    }

    public async Task SweepAsync()
    {
        foreach (var platform in _crms.Keys)
            await DoAsync(new Reconcile(platform, IsWhole: true));
    }

    public async ValueTask DisposeAsync() => await Hub.Database.DisposeAsync();

    private static ModelRecord? Pick(ModelCrm crm, int record, bool live)
    {
        var there = crm.Records.Where(r => live ? r.IsLive : r.DeletedAt is not null && !r.IsGone).ToList();
        return there.Count == 0 ? null : there[record % there.Count];
    }

    private static Guid? Pick(List<Guid> ids, int record) => ids.Count == 0 ? null : ids[record % ids.Count];

    private async Task DoAsync(Edit edit)
    {
        var field = SimulatedFields.All[edit.Field];
        var isColumn = StandardFields.Contact.IndexOf(field.Name) is >= 0 and var i;
        if (edit.At == Platform.Supabase)
        {
            if (isColumn && Pick(await Hub.IdsAsync(), edit.Record) is { } id)
                await Hub.EditAsync(id, field.Name, Canonical.Of(StandardFields.Contact.Fields[StandardFields.Contact.IndexOf(field.Name)].Type, edit.Value, TenantLocale.Default));
        }
        else if (isColumn && Pick(_crms[edit.At], edit.Record, live: true) is { } record && _crms[edit.At].Traits.Fields.Contains(field.Name))
        {
            var number = int.Parse(new string([.. edit.Value.Split('-').Last().TakeWhile(char.IsDigit)]) is { Length: > 0 } n ? n : "0", CultureInfo.InvariantCulture);
            var made = new PersonEdit(edit.At, field.Name, field.Name == "lead_value" ? edit.Value[..^1] : edit.Value.Length == 0 ? "" : field.Token(number));
            Edits.Add(made);
            _crms[edit.At].Edit(record, field.Name, edit.Value, made);
        }
    }

    private async Task DoAsync(Create create)
    {
        var email = $"p{create.Person}@example.com";
        if (create.At != Platform.Supabase)
            _crms[create.At].Create(email);
        else if (!await Hub.HasAsync(email))
            await Hub.CreateAsync(email);
    }

    private async Task DoAsync(Remove remove)
    {
        if (remove.At == Platform.Supabase && Pick(await Hub.IdsAsync(), remove.Record) is { } id)
            await Hub.DeleteAsync(id);
        else if (remove.At != Platform.Supabase && Pick(_crms[remove.At], remove.Record, live: true) is { } there)
            _crms[remove.At].Delete(there, Fate.OverwrittenThere);
    }

    private async Task DoAsync(Restore restore)
    {
        if (restore.At == Platform.Supabase && Pick(await Hub.IdsAwayAsync(), restore.Record) is { } id)
            await Hub.RestoreAsync(id);
        else if (restore.At != Platform.Supabase && Pick(_crms[restore.At], restore.Record, live: false) is { } there)
            _crms[restore.At].Restore(there);
    }

    private Task DoAsync(MergeRecords merge)
    {
        if (_crms[merge.At].Traits.CanMerge && Pick(_crms[merge.At], merge.Survivor, live: true) is { } survivor && Pick(_crms[merge.At], merge.Loser, live: true) is { } loser && survivor != loser)
            _crms[merge.At].Merge(survivor, loser);
        return Task.CompletedTask;
    }

    private async Task DoAsync(Review review)
    {
        var open = await Hub.Database.RowsAsync("select id from crm_conflict_records where state = 'open' order by record_id, field, platform");
        if (open.Count > 0)
            await _reviews.ResolveAsync(Hub.Database.Id, Guid.Parse(open[review.Conflict % open.Count]), new(review.Pick, review.Value), always: false, "reviewer", CancellationToken.None);
    }

    private async Task DoAsync(Deliver deliver)
    {
        var dice = new Random(deliver.Dice);
        foreach (var crm in _crms.Values)
        {
            var delivered = new List<Webhook>();
            var underWay = crm.Webhooks.OrderBy(_ => dice.Next()).ToList();
            crm.Webhooks.Clear();
            foreach (var webhook in underWay)
            {
                var fate = dice.Next(10);
                if (fate is >= 1 and < 4 or 9)
                    crm.Webhooks.Add(webhook); // later, or again later
                if (fate >= 4)
                    delivered.Add(webhook);
            }

            await JournalAsync(crm, delivered);
        }
    }

    private async Task ReceiveAsync(ModelCrm crm, IReadOnlyList<Webhook> all)
    {
        crm.Webhooks.RemoveAll(all.Contains);
        await JournalAsync(crm, all);
    }

    private async Task JournalAsync(ModelCrm crm, IReadOnlyList<Webhook> webhooks)
    {
        if (webhooks.Count == 0)
            return;
        foreach (var edit in webhooks.Select(webhook => webhook.Edit).OfType<PersonEdit>())
            edit.IsAnnounced = crm.Traits.TellsFields;
        var entries = webhooks.Select(webhook => new JournalEntry(webhook.Key, FakeConnector.Raw(webhook.Event), webhook.Event, 0, EventStatus.Pending, null)).ToList();
        var rows = await _journal.AppendAsync(Hub.Database.Id, crm.Traits.Platform, entries, CancellationToken.None);
        if (rows.Count > 0)
            await Hub.Database.ExecuteAsync($"update crm_webhook_events set received_at = '{SlowHub.Text(_clock.Now)}' where id in ({string.Join(',', rows.Select(row => row.Id))})");
    }

    private async Task ApplyAsync(Platform from, ApplyFault fault)
    {
        var faults = _faults[from];
        if (fault == ApplyFault.Refused)
            faults.Before = _ => throw new CrmCallException(from, HttpStatusCode.TooManyRequests, "429");
        if (fault == ApplyFault.DiesBeforeCommit)
            faults.After = _ => throw new WorkerDiedException();
        faults.IsStale = fault == ApplyFault.StaleRead;
        await WorkAsync(from, () => _changes.DrainAsync(new(Hub.Database.Id, from, 0), CancellationToken.None));
        if (fault == ApplyFault.DiesBeforeAck)
            await WorkAsync(from, () => _changes.DrainAsync(new(Hub.Database.Id, from, 0), CancellationToken.None));
    }

    private async Task PushAsync(Platform to, PushFault fault, Edit? between)
    {
        var faults = _faults[to];
        var dies = _steps % 2 == 0;
        Exception lost = dies ? new WorkerDiedException() : new CrmCallException(to, null, "timeout");
        async Task OnceBeforeWriteAsync(string call)
        {
            if (fault == PushFault.RateLimited)
                throw new CrmCallException(to, HttpStatusCode.TooManyRequests, "429");
            if (call != "write")
                return;
            if (between is not null)
                await DoAsync(between);
            between = null;
            if (fault == PushFault.HeardFirst)
                await HearAsync();
            _clock.Now = _clock.Now.AddMilliseconds(300); // not within one tick of the platform's clock
            if (fault is PushFault.DiesBeforeCall or PushFault.NothingDone)
                throw fault == PushFault.DiesBeforeCall ? new WorkerDiedException() : new CrmCallException(to, null, "timeout");
        }

        async Task AfterWriteAsync(string call)
        {
            if (call != "write" || fault is not (PushFault.AnswerLost or PushFault.EchoFirst))
                return;
            if (fault == PushFault.AnswerLost)
                throw lost;
            await HearAsync();
        }

        async Task HearAsync()
        {
            var (before, after) = (faults.Before, faults.After);
            await ReceiveAsync(_crms[to], [.. _crms[to].Webhooks]);
            await ApplyAsync(to, ApplyFault.None);
            (faults.Before, faults.After) = (before, after);
        }

        (faults.Before, faults.After) = (OnceBeforeWriteAsync, AfterWriteAsync);
        await WorkAsync(to, () => _pushes.DrainAsync(new(Hub.Database.Id, to, 0), CancellationToken.None));
    }

    private async Task WorkAsync(Platform platform, Func<Task> drain)
    {
        await Hub.PassTimeAsync();
        try
        {
            await drain();
        }
        catch (WorkerDiedException)
        {
            // Its leases run out, and the next worker goes on from what is stored.
        }

        _faults[platform].Clear();
    }

    private async Task DoAsync(Reconcile reconcile)
    {
        var crm = _crms[reconcile.From];
        var cause = new Cause(CauseKind.Job, "1");
        var ids = reconcile.IsWhole
            ? crm.Records.Where(record => record.IsLive).Select(record => record.Id).ToList()
            : [.. crm.ChangedSince(_reconciledAt.GetValueOrDefault(reconcile.From).AddSeconds(_reconciledAt.ContainsKey(reconcile.From) ? -60 : 0))];
        _reconciledAt[reconcile.From] = _clock.Now;
        if (reconcile.IsWhole)
            await Hub.RedriveAsync(reconcile.From);
        var session = await _sessions.OpenAsync(Hub.Database.Id, reconcile.From, CallLane.Reconcile, CancellationToken.None);
        var gone = reconcile.IsWhole ? crm.Archived().Select(archived => Observation.Gone(archived, cause)) : [];
        var shown = crm.Read(ids, withHistory: false, isStale: false).Select(snapshot => Observation.Of(snapshot, cause) with { Associations = [] });
        await _applier.ApplyAsync(session!, [.. gone, .. shown], BatchTail.None, CancellationToken.None);
    }
}
