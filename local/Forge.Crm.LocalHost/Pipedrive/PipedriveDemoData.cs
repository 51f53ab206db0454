using System.Text.Json.Nodes;
using Forge.Crm.LocalHost.HubSpot;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <summary>
/// A made-up but plausible CRM, the same for the same seed. It raises no webhooks, and its records were last changed well before now.
/// </summary>
internal static class PipedriveDemoData
{
    // All dates of the data lie in the year before this instant (or before a clock that is set earlier), so that two runs agree.
    private static readonly DateTimeOffset Latest = new(2026, 6, 30, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Adds that many records, with users, a second pipeline and what belongs to what.</summary>
    public static void Fill(PipedriveAccount account, int seed, int persons, int organizations, int deals, int activities = 0)
    {
        lock (account.Gate)
            new Filler(account, seed).Run(persons, organizations, deals, activities);
    }

    private sealed class Filler(PipedriveAccount account, int seed)
    {
        private readonly Random random = new(seed);
        private readonly DateTimeOffset end = PipedriveTime.Seconds(account.Now() < Latest ? account.Now() : Latest);

        public void Run(int persons, int organizations, int deals, int activities)
        {
            AddSettings();
            Make(account.Organizations, organizations, Organization);
            Make(account.Persons, persons, Person);
            Make(account.Deals, deals, Deal);
            Make(account.Activities, activities, Activity);
        }

        private void AddSettings()
        {
            if (account.Users.Count > 1)
                return;
            for (var i = 1; i < 6; i++)
            {
                var (first, last) = (Pick(HubSpotDemoNames.First), Pick(HubSpotDemoNames.Last));
                account.Users.Add(new(9001 + i, $"{first} {last}", $"user{i}@vendor.example", IsActive: i < 5));
            }
            account.Pipelines.Add(new(2, "Partner Pipeline", HasProbability: false));
            account.Stages.AddRange([new(6, "Introduced", 2, 1, 10), new(7, "Joint Proposal", 2, 2, 50), new(8, "Signing", 2, 3, 90)]);
        }

        private void Make(PipedriveTable table, int count, Func<int, JsonObject> body)
        {
            for (var i = 0; i < count; i++)
            {
                var addedAt = PipedriveTime.Seconds(end - ((count - i) * (TimeSpan.FromDays(365) / (count + 1))));
                var record = PipedriveWrites.Make(account, table, body(i), account.Person, addedAt);
                record.Fields["update_time"] = PipedriveTime.Text(addedAt + ((end - addedAt) * random.NextDouble()));
            }
        }

        private JsonObject Organization(int i)
        {
            var words = (First: Pick(HubSpotDemoNames.CompanyFirst), Second: Pick(HubSpotDemoNames.CompanySecond));
            var place = Pick(HubSpotDemoNames.Places);
            return new()
            {
                ["name"] = $"{words.First} {words.Second} {Pick(HubSpotDemoNames.CompanyForm)}",
                ["owner_id"] = Owner(),
                ["website"] = $"https://www.{Plain(words.First)}-{Plain(words.Second)}-{i + 1}.{Pick(HubSpotDemoNames.TopLevel)}/",
                ["employee_count"] = random.Next(2, 4_000),
                ["annual_revenue"] = random.Next(1, 900) * 100_000L,
                ["address"] = new JsonObject
                {
                    ["value"] = $"{place.Zip} {place.City}, {place.Country}",
                    ["locality"] = place.City,
                    ["postal_code"] = place.Zip,
                    ["country"] = place.Country,
                },
            };
        }

        private JsonObject Person(int i)
        {
            var (first, last) = (Pick(HubSpotDemoNames.First), Pick(HubSpotDemoNames.Last));
            var phones = new JsonArray();
            if (random.Next(5) > 0)
                phones.Add(new JsonObject { ["value"] = Phone(), ["primary"] = true, ["label"] = "work" });
            if (random.Next(4) == 0)
                phones.Add(new JsonObject { ["value"] = Phone(), ["primary"] = phones.Count == 0, ["label"] = "mobile" });
            return new()
            {
                ["first_name"] = first,
                ["last_name"] = last,
                ["owner_id"] = Owner(),
                ["org_id"] = Any(account.Organizations, i),
                ["emails"] = new JsonArray(new JsonObject { ["value"] = $"{Plain(first)}.{Plain(last)}.{i + 1}@example.com", ["primary"] = true, ["label"] = "work" }),
                ["phones"] = phones,
            };
        }

        private JsonObject Deal(int i)
        {
            var stage = Pick([.. account.Stages]);
            var status = random.Next(10) switch { < 6 => "open", < 8 => "won", _ => "lost" };
            var deal = new JsonObject
            {
                ["title"] = $"{Pick(HubSpotDemoNames.DealKinds)} {Pick(HubSpotDemoNames.CompanyFirst)} #{i + 1}",
                ["owner_id"] = Owner(),
                ["value"] = random.Next(1, 500) * 100,
                ["stage_id"] = stage.Id,
                ["status"] = status,
                ["person_id"] = Any(account.Persons, i),
                ["org_id"] = Any(account.Organizations, i),
                ["expected_close_date"] = PipedriveTime.Day(end.AddDays(random.Next(-90, 120))),
            };
            if (status == "lost")
                deal["lost_reason"] = "Price";
            return deal;
        }

        private JsonObject Activity(int i)
        {
            var activity = new JsonObject
            {
                ["subject"] = $"Follow up #{i + 1}",
                ["type"] = Pick(account.ActivityTypes).Key,
                ["owner_id"] = Owner(),
                ["due_date"] = PipedriveTime.Day(end.AddDays(random.Next(-90, 30))),
                ["done"] = random.Next(2) == 0,
                ["deal_id"] = Any(account.Deals, i),
                ["org_id"] = Any(account.Organizations, i),
            };
            if (random.Next(3) > 0)
                (activity["due_time"], activity["duration"]) = ($"{random.Next(6, 18):00}:30:00", "00:45:00");
            if (Any(account.Persons, i) is { } person)
                activity["participants"] = new JsonArray(new JsonObject { ["person_id"] = person, ["primary"] = true });
            return activity;
        }

        private long Owner() => Pick(account.Users).Id;

        private static long? Any(PipedriveTable table, int i) => table.All.Count == 0 ? null : (i % table.All.Count) + 1;

        private string Phone() => $"+49 30 {random.Next(1_000_000, 9_999_999)}";

        private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

        private static string Plain(string word) => string.Concat(word.ToLowerInvariant().Where(char.IsAsciiLetter)) is { Length: > 0 } plain ? plain : "x";
    }
}
