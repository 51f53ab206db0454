using System.Collections.Immutable;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Audit;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Simulation;

/// <summary>A row of the journal.</summary>
internal sealed record JournalRow(long Id, Platform Platform, Webhook Webhook, DateTimeOffset ReceivedAt)
{
    public int Attempts { get; set; }

    public DateTimeOffset? RetryAt { get; set; }

    public bool IsPending { get; set; } = true;
}

/// <summary>
/// Two platforms, the hub and the people, played step by step under a virtual clock. Everything between them is the product's own: reading
/// events and snapshots, planning, pushing, reviewing. Only the stores and the network are models.
/// </summary>
internal sealed partial class World
{
    private readonly Setup _setup;
    private readonly Dictionary<Platform, ModelCrm> _crms;
    private readonly Dictionary<Platform, DateTimeOffset> _reconciledAt = [];
    private readonly List<JournalRow> _journal = [];
    private readonly HashSet<string> _eventKeys = [];
    private readonly Strategies _strategies;

    /// <summary>Pushes that were given up; a sweep takes them up again.</summary>
    private readonly HashSet<(Platform Platform, Guid Record)> _parked = [];

    public World(Setup setup)
    {
        _setup = setup;
        _strategies = StrategyDocument.Read(setup.Strategy, ["supabase", "hubspot", "pipedrive"], setup.Strategies, SimulatedFields.ShapeOf);
        _crms = new[] { Traits.HubSpot(setup), Traits.Pipedrive(setup) }.ToDictionary(traits => traits.Platform, traits => new ModelCrm(traits, () => Now));
    }

    public DateTimeOffset Now { get; private set; } = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    public ModelHub Hub { get; } = new();

    public IReadOnlyCollection<ModelCrm> Crms => _crms.Values;

    public List<PersonEdit> Edits { get; } = [];

    /// <summary>Things that people or rules did: each may cost a write to every platform.</summary>
    public int Doings { get; private set; }

    /// <summary>Calls that a fault or a race made us repeat.</summary>
    public int Faults { get; private set; }

    /// <summary>Pushes that the platform refused for good, listed for a person.</summary>
    public HashSet<(Platform Platform, Guid Record)> Refused { get; } = [];

    public int Writes => _crms.Values.Sum(crm => crm.Writes);

    public bool IsBusy => Hub.Outbox.Count > 0 || _journal.Any(row => row.IsPending) || _crms.Values.Any(crm => crm.Webhooks.Count > 0);

    public SyncPolicy PolicyOf(Platform platform) => new(
        platform, TenantLocale.Default, _strategies, _setup.OnDelete,
        [new(Platform.HubSpot, [RecordKind.Contact]), new(Platform.Pipedrive, [RecordKind.Contact])]);

    public void Play(Step step)
    {
        Now = Now.AddMilliseconds(700);
        switch (step)
        {
            case Edit edit: Do(edit); break;
            case Create create: Do(create); break;
            case Remove remove: Do(remove); break;
            case Restore restore: Do(restore); break;
            case MergeRecords merge: Do(merge); break;
            case Review review: Do(review); break;
            case Deliver deliver: Do(deliver); break;
            case Apply apply: ApplyLane(apply.From, apply.Fault); break;
            case Push push: PushLane(push.To, push.Fault, push.Between); break;
            case Reconcile reconcile: Do(reconcile); break;
            case Wait wait: Now = Now.AddSeconds(wait.Seconds); break;
        }
    }

    /// <summary>People stop; the network delivers what is left; every worker runs until nothing is to do.</summary>
    /// <returns>False where that never comes to an end.</returns>
    public bool Settle(int rounds = 40)
    {
        for (var round = 0; round < rounds; round++)
        {
            Now = Now.AddSeconds(30);
            foreach (var crm in _crms.Values)
                Receive(crm, crm.Webhooks.Count);
            foreach (var platform in _crms.Keys)
                ApplyLane(platform, ApplyFault.None);
            foreach (var platform in _crms.Keys)
                PushLane(platform, PushFault.None, null);
            if (!IsBusy)
                return true;
        }

        return false;
    }

    public void Sweep()
    {
        foreach (var platform in _crms.Keys)
            Do(new Reconcile(platform, IsWhole: true));
    }

    /// <summary>Rings again for everything that the journal ever held.</summary>
    public void Replay()
    {
        foreach (var row in _journal)
            (row.IsPending, row.RetryAt, row.Attempts) = (true, null, 3);
        foreach (var platform in _crms.Keys)
            ApplyLane(platform, ApplyFault.None);
    }

    private static ModelRecord? Pick(ModelCrm crm, int record, bool live)
    {
        var there = crm.Records.Where(r => live ? r.IsLive : r.DeletedAt is not null && !r.IsGone).ToList();
        return there.Count == 0 ? null : there[record % there.Count];
    }

    private HubRecord? PickHub(int record)
    {
        var there = Hub.Records.Values.Where(r => r.IsLive).OrderBy(r => r.Id).ToList();
        return there.Count == 0 ? null : there[record % there.Count];
    }

    /// <summary>Deleted or put away.</summary>
    private HubRecord? PickAway(int record)
    {
        var away = Hub.Records.Values.Where(r => r.MergedIntoId is null && (!r.IsLive || SimulatedFields.Shape.IsArchived(r))).OrderBy(r => r.Id).ToList();
        return away.Count == 0 ? null : away[record % away.Count];
    }

    private void Do(Edit edit)
    {
        var field = SimulatedFields.All[edit.Field];
        if (edit.At == Platform.Supabase)
        {
            if (PickHub(edit.Record) is not { } record)
                return;
            var i = SimulatedFields.Shape.IndexOf(field.Name);
            Hub.Edit(record, i, Canonical.Of(SimulatedFields.Shape.Fields[i].Type, edit.Value, TenantLocale.Default), Now);
            Doings++;
        }
        else if (Pick(_crms[edit.At], edit.Record, live: true) is { } record && _crms[edit.At].Traits.Fields.Contains(field.Name))
        {
            var number = int.Parse(new string([.. edit.Value.Split('-').Last().TakeWhile(char.IsDigit)]) is { Length: > 0 } n ? n : "0", null);
            var token = field.Name == "lead_value" ? edit.Value[..^1] : edit.Value.Length == 0 ? "" : field.Token(number);
            var made = new PersonEdit(edit.At, field.Name, token);
            Edits.Add(made);
            _crms[edit.At].Edit(record, field.Name, edit.Value, made);
            Doings += _setup.Automations ? 8 : 1;
        }
    }

    private void Do(Create create)
    {
        var email = $"p{create.Person}@example.com";
        if (create.At != Platform.Supabase)
            _crms[create.At].Create(email);
        else if (!Hub.Records.Values.Any(record => record.IsLive && record.Values[0] == email))
            Hub.Create(email, Now);
        Doings++;
    }

    private void Do(Remove remove)
    {
        if (remove.At == Platform.Supabase && PickHub(remove.Record) is { } record)
            Hub.Delete(record, Now);
        else if (remove.At != Platform.Supabase && Pick(_crms[remove.At], remove.Record, live: true) is { } there)
            _crms[remove.At].Delete(there, Fate.OverwrittenThere);
        Doings += 2;
    }

    private void Do(Restore restore)
    {
        if (restore.At == Platform.Supabase && PickAway(restore.Record) is { } record)
            Hub.Restore(record, Now);
        else if (restore.At != Platform.Supabase && Pick(_crms[restore.At], restore.Record, live: false) is { } there)
            _crms[restore.At].Restore(there);
        Doings += 2;
    }

    private void Do(MergeRecords merge)
    {
        if (_crms[merge.At].Traits.CanMerge && Pick(_crms[merge.At], merge.Survivor, live: true) is { } survivor && Pick(_crms[merge.At], merge.Loser, live: true) is { } loser && survivor != loser)
            _crms[merge.At].Merge(survivor, loser);
        Doings += 4;
    }

    private void Do(Review review)
    {
        if (Hub.Conflicts.Count == 0)
            return;
        var conflict = Hub.Conflicts.Values.OrderBy(open => open.RecordId).ThenBy(open => open.Field, StringComparer.Ordinal).ThenBy(open => open.Platform)
            .ElementAt(review.Conflict % Hub.Conflicts.Count);
        var set = Hub.Load(conflict.Platform, conflict.RecordId);
        try
        {
            var plan = new ReviewPlanner(PolicyOf(conflict.Platform), SimulatedFields.ShapeOf)
                .Resolve(set, conflict, new(review.Pick, review.Value), new(CauseKind.Person, "p", "reviewer"), Now);
            Hub.Commit(conflict.Platform, set, plan);
        }
        catch (FormatException)
        {
            return; // a text for a number: refused, and the conflict stays open
        }

        Doings += 2;
    }

    private void Do(Deliver deliver)
    {
        var dice = new Random(deliver.Dice);
        foreach (var crm in _crms.Values)
        {
            var underWay = crm.Webhooks.OrderBy(_ => dice.Next()).ToList();
            crm.Webhooks.Clear();
            foreach (var webhook in underWay)
            {
                var fate = dice.Next(10);
                if (fate is >= 1 and < 4 or 9)
                    crm.Webhooks.Add(webhook); // later, or again later
                if (fate >= 4)
                    Receive(crm, webhook);
            }
        }
    }

    private void Receive(ModelCrm crm, int count)
    {
        var all = crm.Webhooks.Take(count).ToList();
        crm.Webhooks.RemoveRange(0, count);
        foreach (var webhook in all)
            Receive(crm, webhook);
    }

    private void Receive(ModelCrm crm, Webhook webhook)
    {
        if (!_eventKeys.Add(webhook.Key))
            return;
        if (webhook.Edit is { } edit)
            edit.IsAnnounced = crm.Traits.TellsFields;
        _journal.Add(new(_journal.Count + 1, crm.Traits.Platform, webhook with { Event = webhook.Event with { ReceivedAt = Now } }, Now));
    }

    private void Do(Reconcile reconcile)
    {
        var crm = _crms[reconcile.From];
        var cause = new Cause(CauseKind.Job, "1");
        var ids = reconcile.IsWhole
            ? crm.Records.Where(record => record.IsLive).Select(record => record.Id).ToList()
            : [.. crm.ChangedSince(_reconciledAt.GetValueOrDefault(reconcile.From).AddSeconds(_reconciledAt.ContainsKey(reconcile.From) ? -60 : 0))];
        _reconciledAt[reconcile.From] = Now;
        foreach (var (platform, record) in reconcile.IsWhole ? _parked.Where(push => push.Platform == reconcile.From).ToList() : [])
        {
            Hub.Queue(platform, record);
            _parked.Remove((platform, record));
        }

        var shown = crm.Read(ids, withHistory: false, isStale: false);
        ApplyObserved(reconcile.From,
        [
            .. (reconcile.IsWhole ? crm.Archived() : []).Select(s => Observation.Gone(s, cause)), .. shown.Select(s => Observation.Of(s, cause)),
        ]);
    }
}
