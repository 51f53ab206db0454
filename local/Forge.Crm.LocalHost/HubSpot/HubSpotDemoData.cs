using System.Globalization;
using System.Text;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>
/// A made-up but plausible CRM, the same for the same seed. It raises no webhooks, and its records were last changed well before now.
/// </summary>
internal static class HubSpotDemoData
{
    // All dates of the data lie in the year before this instant (or before a clock that is set earlier), so that two runs agree.
    private static readonly DateTimeOffset Latest = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    private static readonly HubSpotPipeline Partners = new("7215840", "Partner Pipeline",
    [
        new("72158401", "Introduced", 0.1m),
        new("72158402", "Joint Proposal", 0.5m),
        new("72158403", "Signed", 1.0m),
        new("72158404", "Declined", 0.0m),
    ]);

    /// <summary>Adds that many records, with owners, a second pipeline and the associations between them.</summary>
    public static void Fill(HubSpotAccount account, int seed, int contacts, int companies, int deals)
    {
        lock (account.Gate)
            new Filler(account, seed).Run(contacts, companies, deals);
    }

    private sealed class Filler(HubSpotAccount account, int seed)
    {
        private readonly Random random = new(seed);
        private readonly Dictionary<string, string> plainWords = [];
        private readonly long end = Math.Min(Latest.ToUnixTimeMilliseconds(), account.Now());

        public void Run(int contacts, int companies, int deals)
        {
            AddSettings();
            var companyTable = account.Table(HubSpotObjectType.Company);
            var contactTable = account.Table(HubSpotObjectType.Contact);
            var dealTable = account.Table(HubSpotObjectType.Deal);
            var madeCompanies = Make(companyTable, companies, Company);
            var madeContacts = Make(contactTable, contacts, i => Contact(i, companyTable, madeCompanies));
            var madeDeals = Make(dealTable, deals, Deal);
            Link(madeContacts, madeCompanies, madeDeals);
        }

        private void AddSettings()
        {
            if (account.Owners.Count > 0)
                return;
            account.DealPipelines.Add(Partners);
            for (var i = 0; i < 6; i++)
            {
                var (first, last) = (Pick(HubSpotDemoNames.First), Pick(HubSpotDemoNames.Last));
                var id = HubSpotNumbers.Text(11_349_275_740 + (i * 37));
                account.Owners.Add(new(id, $"{Plain(first)}.{Plain(last)}@vendor.example", first, last, 9001 + i, Archived: i == 5));
            }
        }

        private List<HubSpotRecord> Make(HubSpotTable table, int count, Func<int, IEnumerable<(string Name, string Text)>> values)
        {
            var records = new List<HubSpotRecord>(count);
            for (var i = 0; i < count; i++)
            {
                var createdAt = end - (long)((count - i) * (TimeSpan.FromDays(365).TotalMilliseconds / (count + 1)));
                var record = HubSpotWrites.NewRecord(table, createdAt, HubSpotOrigin.Import);
                record.Reserve(table.Properties.InOrder.Count);
                foreach (var (name, text) in values(i))
                    Set(table, record, name, text, createdAt);
                HubSpotWrites.Derive(account, table, record, createdAt, HubSpotOrigin.Import);
                var changedAt = createdAt + random.NextInt64(end - createdAt);
                record.Set(table.Modified, HubSpotTime.Text(changedAt), changedAt, HubSpotOrigin.Import);
                table.ClaimAll(record);
                records.Add(record);
            }
            table.Index.Load(records, record => record.Last(table.Modified)!.At);
            return records;
        }

        private static void Set(HubSpotTable table, HubSpotRecord record, string name, string text, long at)
        {
            var property = table.Properties[name];
            var accepted = HubSpotValues.Accept(property, text).Text ?? throw new InvalidOperationException($"{name} does not take {text}");
            record.Set(property, accepted, at, HubSpotOrigin.Import);
        }

        private IEnumerable<(string, string)> Company(int i)
        {
            var words = (First: Pick(HubSpotDemoNames.CompanyFirst), Second: Pick(HubSpotDemoNames.CompanySecond));
            var place = Pick(HubSpotDemoNames.Places);
            yield return ("name", $"{words.First} {words.Second} {Pick(HubSpotDemoNames.CompanyForm)}");
            yield return ("domain", $"{Plain(words.First)}-{Plain(words.Second)}-{i + 1}.{Pick(HubSpotDemoNames.TopLevel)}");
            yield return ("phone", Phone());
            yield return ("industry", Pick(HubSpotDemoNames.Industries));
            yield return ("numberofemployees", Number(random.Next(2, 4_000)));
            yield return ("annualrevenue", Number(random.Next(1, 900) * 100_000L));
            yield return ("city", place.City);
            yield return ("zip", place.Zip);
            yield return ("country", place.Country);
            if (random.Next(3) > 0)
                yield return ("hubspot_owner_id", Owner());
        }

        private IEnumerable<(string, string)> Contact(int i, HubSpotTable companies, List<HubSpotRecord> made)
        {
            var (first, last) = (Pick(HubSpotDemoNames.First), Pick(HubSpotDemoNames.Last));
            var company = made.Count > 0 ? made[i % made.Count] : null;
            var domain = company?.Text(companies.Properties["domain"]) ?? "example.com";
            var address = $"{Plain(first)}.{Plain(last)}.{i + 1}@{domain}";
            yield return ("firstname", first);
            yield return ("lastname", last);
            yield return ("email", random.Next(10) == 0 ? address.ToUpperInvariant() : address);
            if (random.Next(5) > 0)
                yield return ("phone", Phone());
            if (random.Next(4) == 0)
                yield return ("mobilephone", Phone());
            yield return ("jobtitle", Pick(HubSpotDemoNames.JobTitles));
            if (company?.Text(companies.Properties["name"]) is { } name)
                yield return ("company", name);
            yield return ("lifecyclestage", HubSpotStandardProperties.LifecycleStages[random.Next(6)]);
            if (random.Next(2) == 0)
                yield return ("hs_lead_status", random.Next(2) == 0 ? "NEW" : "CONNECTED");
            if (random.Next(3) > 0)
                yield return ("hubspot_owner_id", Owner());
        }

        private IEnumerable<(string, string)> Deal(int i)
        {
            var pipeline = random.Next(4) == 0 ? account.DealPipelines[^1] : account.DealPipelines[0];
            var stage = pipeline.Stages[random.Next(pipeline.Stages.Count)];
            yield return ("dealname", $"{Pick(HubSpotDemoNames.DealKinds)} {Pick(HubSpotDemoNames.CompanyFirst)} #{i + 1}");
            yield return ("pipeline", pipeline.Id);
            yield return ("dealstage", stage.Id);
            yield return ("amount", (random.Next(500, 250_000) + (random.Next(2) * 0.5m)).ToString("0.##", CultureInfo.InvariantCulture));
            yield return ("deal_currency_code", random.Next(5) == 0 ? "USD" : account.CompanyCurrency);
            yield return ("closedate", HubSpotTime.Text(end + (random.Next(-200, 200) * 86_400_000L)));
            yield return ("dealtype", random.Next(3) == 0 ? "existingbusiness" : "newbusiness");
            if (stage is { IsClosed: true, IsWon: false })
                yield return ("closed_lost_reason", "Price");
            yield return ("hubspot_owner_id", Owner());
        }

        private void Link(List<HubSpotRecord> contacts, List<HubSpotRecord> companies, List<HubSpotRecord> deals)
        {
            var types = account.Associations.Types;
            for (var i = 0; i < contacts.Count && companies.Count > 0; i++)
                LinkPrimary(contacts[i], companies[i % companies.Count], types.Between(HubSpotObjectType.Contact, HubSpotObjectType.Company));
            for (var i = 0; i < deals.Count; i++)
            {
                var contact = contacts.Count > 0 ? random.Next(contacts.Count) : -1;
                if (contact >= 0)
                    account.Associations.Load(deals[i], contacts[contact], types.Unlabelled(HubSpotObjectType.Deal, HubSpotObjectType.Contact)!);
                if (companies.Count == 0)
                    continue;
                var company = companies[Math.Max(0, contact) % companies.Count];
                LinkPrimary(deals[i], company, types.Between(HubSpotObjectType.Deal, HubSpotObjectType.Company));
            }
        }

        private void LinkPrimary(HubSpotRecord from, HubSpotRecord company, IEnumerable<HubSpotAssociationType> primaryAndUnlabelled)
        {
            foreach (var type in primaryAndUnlabelled.Where(type => type.Category == "HUBSPOT_DEFINED"))
                account.Associations.Load(from, company, type);
        }

        private string Owner() => account.Owners[random.Next(account.Owners.Count - 1)].Id;

        private string Phone()
        {
            var digits = Pick(HubSpotDemoNames.PhoneFormats).ToCharArray();
            for (var i = 0; i < digits.Length; i++)
                digits[i] = digits[i] == '#' ? (char)('0' + random.Next(10)) : digits[i];
            return new string(digits);
        }

        private T Pick<T>(T[] from) => from[random.Next(from.Length)];

        private static string Number(long number) => HubSpotNumbers.Text(number);

        /// <summary>Without accents and signs, for addresses.</summary>
        private string Plain(string word)
        {
            if (!plainWords.TryGetValue(word, out var plain))
                plainWords[word] = plain = string.Concat(word.ToLowerInvariant().Normalize(NormalizationForm.FormD).Where(char.IsAsciiLetter));
            return plain;
        }
    }
}
