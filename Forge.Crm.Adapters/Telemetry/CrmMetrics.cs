using System.Diagnostics.Metrics;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Adapters.Telemetry;

/// <summary>The counters of meter <c>Forge.Crm</c>. Their tags are closed sets: never a tenant, an account or a value.</summary>
internal sealed class CrmMetrics
{
    public const string MeterName = "Forge.Crm";

    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _events;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _relayed;
    private readonly Counter<long> _pushed;
    private readonly Counter<long> _held;
    private readonly Gauge<long> _outbox;
    private readonly Gauge<double> _outboxAge;
    private readonly Counter<long> _reauth;
    private readonly Counter<long> _vault;
    private readonly Counter<long> _notices;
    private readonly Counter<long> _leads;

    public CrmMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _deliveries = meter.CreateCounter<long>("forge.intake.deliveries", "{delivery}", "Webhook deliveries, by how they were answered.");
        _events = meter.CreateCounter<long>("forge.intake.events", "{event}", "Events of authentic deliveries and of our own apps, by what became of them. One of an app that was refused is worth an alert.");
        _deadLetters = meter.CreateCounter<long>("forge.bus.dead_letters", "{message}", "Messages that the bus gave up. Each is worth an alert.");
        _relayed = meter.CreateCounter<long>("forge.relay.rings", "{ring}", "Rings for work that nobody had come for.");
        _pushed = meter.CreateCounter<long>("forge.push.looks", "{row}", "Rows of the outbox that were settled or put off.");
        _held = meter.CreateCounter<long>("forge.push.held", "{row}", "Deletions that are held because they are many. Each is worth an alert.");
        _outbox = meter.CreateGauge<long>("forge.outbox.rows", "{row}", "Rows of the outbox, by platform and status; failed ones wait for a person.");
        _outboxAge = meter.CreateGauge<double>("forge.outbox.oldest", "s", "How long the oldest push waits that could be made now.");
        _reauth = meter.CreateCounter<long>("forge.connection.reauth", "{connection}", "Connections that stopped because the platform refuses their credentials. Each is worth an alert.");
        _vault = meter.CreateCounter<long>("forge.vault.silent", "{read}", "Reads that the vault did not answer: served from before, or stopped, which is worth an alert.");
        _notices = meter.CreateCounter<long>("forge.notices", "{notice}", "Notices by channel and by what an attempt came to: sent, pending (tried again), or failed, which is worth an alert.");
        _leads = meter.CreateCounter<long>("forge.hubspot.leads", "{lead}", "Leads that rules make at HubSpot, by what a look at one came to: made, none (the account has no leads), pending (tried again), dropped, or failed, which is worth an alert.");
    }

    public void Delivery(Platform platform, string answer) =>
        _deliveries.Add(1, new("platform", platform.ToName()), new KeyValuePair<string, object?>("answer", answer));

    public void Events(Platform platform, string outcome, int count)
    {
        if (count > 0)
            _events.Add(count, new("platform", platform.ToName()), new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <param name="outcome"><c>journaled</c>, <c>duplicate</c>, <c>unreadable</c> (failed in the journal), or why it was refused.</param>
    public void AppEvent(PlatformApp app, string outcome) => _events.Add(1, new("platform", app.ToName()), new KeyValuePair<string, object?>("outcome", outcome));

    public void DeadLetter(string queue) => _deadLetters.Add(1, new KeyValuePair<string, object?>("queue", queue));

    public void Pushed(Platform platform, int rows) => _pushed.Add(rows, new KeyValuePair<string, object?>("platform", platform.ToName()));

    public void Held(Platform platform, int rows) => _held.Add(rows, new KeyValuePair<string, object?>("platform", platform.ToName()));

    public void Outbox(OutboxState state)
    {
        KeyValuePair<string, object?> platform = new("platform", state.Platform.ToName());
        _outbox.Record(state.Pending, platform, new("status", "pending"));
        _outbox.Record(state.Failed, platform, new("status", "failed"));
        _outbox.Record(state.Held, platform, new("status", "held"));
        _outboxAge.Record(state.Oldest.TotalSeconds, platform);
    }

    public void ReauthRequired(Platform platform) => _reauth.Add(1, new KeyValuePair<string, object?>("platform", platform.ToName()));

    public void Notice(string channel, string status, int count) =>
        _notices.Add(count, new("channel", channel), new KeyValuePair<string, object?>("status", status));

    public void Lead(string outcome) => _leads.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void VaultSilent(string outcome) => _vault.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Relayed(string queue, int count) => _relayed.Add(count, new KeyValuePair<string, object?>("queue", queue));
}
