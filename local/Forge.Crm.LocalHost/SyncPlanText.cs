using System.Globalization;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.LocalHost;

/// <summary>A dry run's plan in words: the sums, what it costs, and the first records with their fields.</summary>
internal static class SyncPlanText
{
    private const int Shown = 20;
    private const int LongestValue = 60;

    public static async Task<string> OfAsync(SyncPlans plans, SyncRequest request, SyncResult result, CancellationToken ct)
    {
        var plan = await plans.FindAsync(request.Tenant, result.JobId, ct) ?? throw new InvalidOperationException($"The plan of {result.JobId} is gone.");
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Dry run, {result.Mode.ToName()}: nothing was changed, neither here nor in {request.Platform.ToName()} nor anywhere else.").AppendLine();
        Sums(text, plan, result);
        Cost(text, plan);
        await ItemsAsync(text, plans, request.Tenant, plan, ct);
        return text.ToString();
    }

    private static void Sums(StringBuilder text, SyncPlanView plan, SyncResult result)
    {
        if (plan.Changes.Count == 0)
            text.AppendLine("Nothing would change.");
        foreach (var change in plan.Changes.OrderBy(change => change.Platform != "supabase").ThenBy(change => change.Platform, StringComparer.Ordinal))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {Name(change.Platform),-17} {change.Kind,-9} {change.Action,-9} {change.Count,9:N0}");
            if (change.Action == "delete" && plan.Held.FirstOrDefault(hold => hold.Platform == change.Platform && hold.Kind == change.Kind) is { } held)
                text.AppendLine(CultureInfo.InvariantCulture, $"    they would be held until a person approves them: {held.Deletions:N0} in an hour are more than {held.Limit:N0} and {held.Percent} %");
        }

        text.AppendLine(CultureInfo.InvariantCulture, $"  {result.Unchanged:N0} records are level already; {result.Failed:N0} cannot be read.").AppendLine();
    }

    private static void Cost(StringBuilder text, SyncPlanView plan)
    {
        text.AppendLine(CultureInfo.InvariantCulture, $"Calls: {plan.Calls.Reading:N0} of {plan.Platform} to read, as this run made them.");
        foreach (var pushing in plan.Calls.Pushing)
            text.AppendLine(CultureInfo.InvariantCulture, $"       about {pushing.Calls:N0} of {pushing.Platform} to push{(pushing.Tokens > 0 ? $", for {pushing.Tokens:N0} tokens" : "")}.");
    }

    private static async Task ItemsAsync(StringBuilder text, SyncPlans plans, TenantId tenant, SyncPlanView plan, CancellationToken ct)
    {
        using var page = JsonDocument.Parse(await plans.ItemsAsync(tenant, plan.Job, null, null, null, null, ct));
        foreach (var item in page.RootElement.GetProperty("items").EnumerateArray().Take(Shown))
        {
            string? Text(string name) => item.GetProperty(name).GetString();
            var there = Text("external_id") is { } id ? $"{Text("remote_kind")} {id} there" : "not there yet";
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{Name(Text("platform")!)}: {Text("action")} {Text("kind")} {Text("record_id")} ({there})");
            if (item.GetProperty("fields") is not { ValueKind: JsonValueKind.Array } fields)
                continue;
            foreach (var field in fields.EnumerateArray())
                text.AppendLine(CultureInfo.InvariantCulture, $"    {field.GetProperty("field").GetString()}: {Value(field, "before")} -> {Value(field, "after")}");
        }

        var more = plan.Changes.Sum(change => change.Count) - Shown;
        if (more > 0)
            text.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"{more:N0} more: GET /api/v1/jobs/{plan.Job}/plan/items, until {plan.KeptUntil:yyyy-MM-dd} or the next dry run.");
    }

    private static string Name(string platform) => platform == "supabase" ? "hub" : platform;

    private static string Value(JsonElement field, string side) => field.GetProperty(side).GetString() switch
    {
        null => "(nothing)",
        { Length: > LongestValue } text => $"\"{text[..LongestValue]}...\"",
        var text => $"\"{text}\"",
    };
}
