using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Rehearsal;

/// <summary>What people do in HubSpot and in the hub, by chance.</summary>
/// <param name="sees">Whether the job that comes after will see what is in the recycle bin.</param>
internal sealed class People(DryRunBed bed, int seed, bool sees)
{
    private readonly Random _chance = new(seed);
    private readonly HashSet<string> _associated = [];
    private int _count;

    private string Contact => Any(RemoteKind.Contact);

    public Task FillAsync()
    {
        var companies = Enumerable.Range(1, 3).Select(i => bed.HubSpot.Add(RemoteKind.Company, ("name", $"Company {i}"), ("domain", $"c{i}.example.com"))).ToList();
        foreach (var contact in bed.HubSpot.AddContacts(12))
        {
            if (_chance.Next(2) == 0)
                Associate(RemoteKind.Contact, contact, RemoteKind.Company, companies[_chance.Next(3)]);
        }

        return Task.CompletedTask;
    }

    public async Task WorkAsync()
    {
        var (crm, n) = (bed.HubSpot, ++_count);
        switch (_chance.Next(13))
        {
            case 0:
                crm.Edit(RemoteKind.Contact, Contact, ("jobtitle", $"Title {n}"), ("phone", $"+49 30 1234{n:00}"));
                break;
            case 1:
                crm.Edit(RemoteKind.Contact, Contact, ("email", $"new{n}@example.com"));
                break;
            case 2:
                crm.Add(RemoteKind.Contact, ("email", $"added{n}@example.com"), ("hubspot_owner_id", "7"));
                break;
            case 3 when sees:
                crm.Archive(RemoteKind.Contact, Contact);
                break;
            case 4:
                var company = crm.Add(RemoteKind.Company, ("name", $"New {n}"), ("domain", $"new{n}.example.com"));
                Associate(RemoteKind.Contact, crm.Add(RemoteKind.Contact, ("email", $"at{n}@example.com")), RemoteKind.Company, company);
                Associate(RemoteKind.Contact, Contact, RemoteKind.Company, company);
                break;
            case 5:
                crm.Edit(RemoteKind.Company, Any(RemoteKind.Company), ("name", $"Renamed {n}"));
                break;
            case 6:
                // What a merged record takes over is known only where its survivor was seen before: see docs/architecture.md.
                var (a, b) = (Contact, Contact);
                if (a != b && !_associated.Contains(a) && !_associated.Contains(b))
                    crm.MergeByPerson(RemoteKind.Contact, a, b);
                break;
            case 7:
                var deal = crm.Add(RemoteKind.Deal, ("dealname", $"Deal {n}"), ("amount", n % 2 == 0 ? "100" : "much"), ("pipeline", "sales"), ("dealstage", "new"));
                Associate(RemoteKind.Deal, deal, RemoteKind.Contact, Contact);
                break;
            case 8:
                await bed.ExecuteAsync($"update crm_contacts set job_title = 'Hub {n}' where tenant_id = $tenant and id = (select min(id::text)::uuid from crm_contacts where tenant_id = $tenant and deleted_at is null)");
                break;
            case 9:
                await bed.ExecuteAsync($"insert into crm_contacts (tenant_id, id, email, last_name) select $tenant, gen_random_uuid(), 'hub{n}@example.com', 'Hub' where exists (select from crm_contacts where tenant_id = $tenant)");
                await bed.ExecuteAsync($"insert into crm_identities (tenant_id, kind, key, record_id) select tenant_id, 'contact', 'email:' || email, id from crm_contacts where tenant_id = $tenant and email = 'hub{n}@example.com'");
                if (_chance.Next(2) == 0)
                    crm.Add(RemoteKind.Contact, ("email", $"hub{n}@example.com"), ("firstname", "There"));
                break;
            case 10:
                await bed.ExecuteAsync("update crm_contacts set deleted_at = now() where tenant_id = $tenant and id = (select max(id::text)::uuid from crm_contacts where tenant_id = $tenant and deleted_at is null)");
                break;
            case 11:
                await bed.ExecuteAsync($"update crm_contacts set job_title = 'Hub {n}' where tenant_id = $tenant and email = 'c{n}@example.com'");
                crm.Edit(RemoteKind.Contact, Contact, ("jobtitle", $"There {n}"));
                break;
            default:
                crm.Add(RemoteKind.Contact, ("email", crm.All(RemoteKind.Contact)[0].Properties.GetValueOrDefault("email")), ("firstname", "Twin"));
                break;
        }
    }

    private void Associate(RemoteKind from, string fromId, RemoteKind to, string toId)
    {
        bed.HubSpot.Associate(from, fromId, to, toId);
        _associated.Add(from == RemoteKind.Contact ? fromId : toId);
    }

    private string Any(RemoteKind kind) => bed.HubSpot.All(kind) is var all ? all[_chance.Next(all.Count)].Ref.Id : "";
}
