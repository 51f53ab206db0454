using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>
/// Erasures for privacy: here at once, on the other platforms by the outbox, and a certificate that says what was erased where and when. Done again
/// (a late event brings personal data into the journal once more) it erases again and asks no platform twice.
/// </summary>
public sealed class Erasures
{
    // What was deleted before lies in the platform's recycle bin. Where we may not write, somebody has to.
    private const string IsThere = "(l.state in ('live', 'creating') or l.state = 'deleted' and l.external_id not like 'new:%')";

    // Before anything is gone: who had the person, and the hashes of what they could be known by. The records merged into it are theirs too. A lead that we
    // made at HubSpot is due there even where HubSpot has erased the contact by itself.
    private const string Certify = $$"""
        insert into crm_erasures (tenant_id, kind, record_id, source, requested_by, salt, keys, targets)
        select $1, $2, r.id, $4, $5, salt.salt,
               array(select encode(sha256(convert_to(salt.salt || i.key, 'UTF8')), 'hex') from crm_identities i
                      where i.tenant_id = $1 and i.kind = $2 and i.record_id = r.id order by 1),
               coalesce((select jsonb_object_agg(l.platform, case when l.platform = $4
                                then jsonb_build_object('state', 'erased', 'at', clock_timestamp()) else jsonb_build_object('state', case c.direction when 'read' then 'by_hand' else 'due' end) end)
                           from crm_record_links l left join crm_sync_configs c on c.tenant_id = $1 and c.platform = l.platform
                          where l.tenant_id = $1 and l.record_id = r.id and {{IsThere}}), '{}')
               || case $4 when 'supabase' then '{}' else jsonb_build_object($4::text, jsonb_build_object('state', 'erased', 'at', clock_timestamp())) end
               || case when exists (select from crm_hubspot_leads lead where lead.tenant_id = $1 and lead.contact_id = r.id and (lead.lead_id is not null or lead.sent_to is not null))
                       then jsonb_build_object('hubspot', jsonb_build_object('state', case (select direction from crm_sync_configs where tenant_id = $1 and platform = 'hubspot')
                                                                                        when 'read' then 'by_hand' else 'due' end)) else '{}' end
          from {0} r, (select gen_random_uuid()::text as salt) salt
         where r.tenant_id = $1 and (r.id = $3 or r.merged_into_id = $3)
            on conflict do nothing
        """;

    private const string Erase = "select crm_erase_record($1, $2, $3)";

    private const string Queue = """
        insert into crm_outbox as o (tenant_id, platform, kind, record_id, lane, cause)
        select $1, due.platform, $2, e.record_id, crm_lane(e.record_id, c.lanes), 'erase'
          from {0} r
          join crm_erasures e on e.tenant_id = $1 and e.kind = $2 and e.record_id = r.id
         cross join lateral jsonb_each(e.targets) as due(platform, target)
          join crm_sync_configs c on c.tenant_id = $1 and c.platform = due.platform
         where r.tenant_id = $1 and (r.id = $3 or r.merged_into_id = $3) and due.target ->> 'state' = 'due'
            on conflict (tenant_id, platform, kind, record_id) do update
           set cause = 'erase', version = o.version + 1, status = 'pending', next_attempt_at = null, reason = null, attempts = 0
        """;

    // What a person wrote goes with them: whatever comes from one of the person's addresses, and notes of theirs that name who wrote them, unless that is
    // another contact's address.
    private const string Letters = """
        select letter.id
          from (select distinct lower(address) as address
                  from crm_contacts r cross join lateral unnest(r.additional_emails || r.email) as address
                 where r.tenant_id = $1 and (r.id = $3 or r.merged_into_id = $3) and address is not null) person
          join crm_activities letter on letter.tenant_id = $1 and letter.from_email = person.address
         union
        select note.id
          from crm_contacts r
          join crm_associations a on a.tenant_id = $1 and a.to_kind = 'contact' and a.to_id = r.id and a.from_kind = 'activity'
          join crm_activities note on note.tenant_id = $1 and note.id = a.from_id and note.type = 'note' and coalesce(note.from_email, note.from_name) is not null
         where r.tenant_id = $1 and (r.id = $3 or r.merged_into_id = $3)
           and not exists (select from crm_identities i
                             join crm_contacts other on other.tenant_id = $1 and other.id = i.record_id and other.id <> $3 and other.merged_into_id is distinct from $3
                            where i.tenant_id = $1 and i.kind = 'contact' and i.key = 'email:' || note.from_email)
        """;

    private const string CertifyLetters = $$"""
        insert into crm_erasures (tenant_id, kind, record_id, source, requested_by, salt, targets)
        select $1, 'activity', r.id, $4, $5, gen_random_uuid()::text,
               coalesce((select jsonb_object_agg(l.platform, jsonb_build_object('state', case c.direction when 'read' then 'by_hand' else 'due' end))
                           from crm_record_links l left join crm_sync_configs c on c.tenant_id = $1 and c.platform = l.platform
                          where l.tenant_id = $1 and l.record_id = r.id and {{IsThere}}), '{}')
          from crm_activities r
         where r.tenant_id = $1 and r.id in ({{Letters}})
            on conflict do nothing
        """;

    private const string EraseLetters = $"""
        select crm_erase_record($1, 'activity', letter.id) from ({Letters} order by 1) letter
        """;

    // By then nothing says whose they were but their certificates, which are this transaction's.
    private const string QueueLetters = """
        insert into crm_outbox as o (tenant_id, platform, kind, record_id, lane, cause)
        select $1, due.platform, 'activity', e.record_id, crm_lane(e.record_id, c.lanes), 'erase'
          from crm_erasures e
         cross join lateral jsonb_each(e.targets) as due(platform, target)
          join crm_sync_configs c on c.tenant_id = $1 and c.platform = due.platform
         where e.tenant_id = $1 and e.kind = 'activity' and e.erased_at >= transaction_timestamp() and due.target ->> 'state' = 'due'
            on conflict (tenant_id, platform, kind, record_id) do update
           set cause = 'erase', version = o.version + 1, status = 'pending', next_attempt_at = null, reason = null, attempts = 0
        """;

    private const string Settle = """
        update crm_erasures e
           set targets = targets || jsonb_build_object($2::text, jsonb_build_object('state', 'erased', 'at', clock_timestamp()))
         where e.tenant_id = $1 and e.kind = $3 and e.record_id = any($4)
        """;

    private const string Select = """
        select jsonb_build_object('kind', kind, 'record_id', record_id, 'source', source, 'requested_by', requested_by, 'erased_at', erased_at,
                                  'salt', salt, 'key_hashes', to_jsonb(keys), 'platforms', targets)::text
          from crm_erasures where tenant_id = $1 and kind = $2 and record_id = $3
        """;

    private readonly TenantDatabase _database;
    private readonly PushWakeUps _wakeUps;

    internal Erasures(TenantDatabase database, PushWakeUps wakeUps) => (_database, _wakeUps) = (database, wakeUps);

    /// <summary>Erases a record here and has it erased on every platform that has it.</summary>
    /// <param name="person">Who asks for it, as their token names them.</param>
    /// <returns>False where there is no such record.</returns>
    public async Task<bool> EraseAsync(TenantId tenant, RecordKind kind, Guid record, string person, CancellationToken ct)
    {
        await using var transaction = await _database.BeginAsync(tenant, ct);
        await transaction.ExecuteAsync(
            [Sql.Command("select set_config('app.actor', $1, true)", Sql.Text(person)), .. Commands(tenant, kind, record, Platform.Supabase, person)], ct);
        await transaction.CommitAsync(ct);
        await _wakeUps.WakeAsync(tenant, ct);
        return await CertificateAsync(tenant, kind, record, ct) is not null;
    }

    /// <summary>The certificate as JSON; null where there is none.</summary>
    public async Task<string?> CertificateAsync(TenantId tenant, RecordKind kind, Guid record, CancellationToken ct) => (await _database.QueryAsync(
        tenant, Sql.Command(Select, Sql.Value(tenant.Value), Sql.Text(kind.ToName()), Sql.Value(record)), row => row.GetString(0), ct)).SingleOrDefault();

    /// <param name="source">Where it was asked for: that platform has erased it by itself.</param>
    internal static IEnumerable<NpgsqlBatchCommand> Commands(TenantId tenant, RecordKind kind, Guid record, Platform source, string? person)
    {
        var table = RecordTable.NameOf(kind);
        NpgsqlBatchCommand Of(string sql) => Sql.Command(sql, Sql.Value(tenant.Value), Sql.Text(kind.ToName()), Sql.Value(record));
        NpgsqlBatchCommand By(string sql)
        {
            var certify = Of(sql);
            certify.Parameters.Add(Sql.Text(source.ToName()));
            certify.Parameters.Add(Sql.Text(person));
            return certify;
        }

        IEnumerable<NpgsqlBatchCommand> letters = kind == RecordKind.Contact ? [By(CertifyLetters), Of(EraseLetters), Sql.Command(QueueLetters, Sql.Value(tenant.Value))] : [];
        return [.. letters, By(Certify.Replace("{0}", table, StringComparison.Ordinal)), Of(Erase), Of(Queue.Replace("{0}", table, StringComparison.Ordinal))];
    }

    internal static NpgsqlBatchCommand SettleCommand(TenantId tenant, Platform platform, RecordKind kind, IEnumerable<Guid> records) => Sql.Command(
        Settle, Sql.Value(tenant.Value), Sql.Text(platform.ToName()), Sql.Text(kind.ToName()), Sql.Array(records));
}
