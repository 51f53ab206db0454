using System.Security.Cryptography;
using System.Text;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Leads;

/// <summary>What of erased contacts' leads is, or may be, at HubSpot: by id, or by the hash of its name where no answer came to its creation.</summary>
internal sealed class LeadErasures(TenantDatabase database)
{
    private const string Select = "select contact_id, lead_id, sent_to, name from crm_hubspot_leads where tenant_id = $1 and contact_id = any($2) and status = 'erased'";
    private const string Delete = "delete from crm_hubspot_leads where tenant_id = $1 and contact_id = any($2) and status = 'erased'";

    /// <summary>The leads' ids by contact of the hub; of a contact whose leads are gone already there is a key without any.</summary>
    public async Task<Dictionary<Guid, List<string>>> FindAsync(TenantId tenant, ICrmLeads leads, IEnumerable<Guid> contacts, CancellationToken ct)
    {
        var rows = await database.QueryAsync(
            tenant, Sql.Command(Select, Sql.Value(tenant.Value), Sql.Array(contacts)),
            row => (Contact: row.GetGuid(0), Lead: row.IsDBNull(1) ? null : row.GetString(1), SentTo: row.IsDBNull(2) ? null : row.GetString(2), Hash: row.GetString(3)), ct);
        var found = rows.Select(row => row.Contact).Distinct().ToDictionary(contact => contact, _ => new List<string>());
        foreach (var row in rows)
        {
            if (row.Lead is { } known)
                found[row.Contact].Add(known);
            else if (row.SentTo is { } contact)
                found[row.Contact].AddRange((await leads.LeadsOfAsync(contact, ct)).Where(lead => HashOf(lead.Name) == row.Hash).Select(lead => lead.Id));
        }

        return found;
    }

    public static NpgsqlBatchCommand ForgetCommand(TenantId tenant, IEnumerable<Guid> contacts) =>
        Sql.Command(Delete, Sql.Value(tenant.Value), Sql.Array(contacts));

    // As crm_erase_record writes it.
    private static string HashOf(string? name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name ?? "")));
}
