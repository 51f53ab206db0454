using System.Text.Json.Nodes;

namespace Forge.Crm.LocalHost.Pipedrive;

/// <param name="Next">The record as it will be: its former members and the written ones.</param>
/// <param name="Written">The written ones alone.</param>
/// <param name="Former">The record as it was; null for a new one.</param>
internal sealed record PipedriveRuling(PipedriveAccount Account, JsonObject Next, JsonObject Written, JsonObject? Former, DateTimeOffset Now);

/// <summary>What Pipedrive itself makes of a write, by kind of record.</summary>
internal static class PipedriveRules
{
    private static readonly Dictionary<string, Action<PipedriveRuling>> Rules = new()
    {
        ["person"] = Person,
        ["organization"] = Organization,
        ["deal"] = Deal,
        ["activity"] = Activity,
    };

    /// <exception cref="PipedriveProblem">A member that the record must have is missing, or one does not fit another.</exception>
    public static void Apply(PipedriveEntity entity, PipedriveRuling ruling) => Rules[entity.Singular](ruling);

    // The name is its parts, and the parts are the name.
    private static void Person(PipedriveRuling rule)
    {
        var (next, written) = (rule.Next, rule.Written);
        if (written.ContainsKey("first_name") || written.ContainsKey("last_name"))
        {
            var parts = new[] { next["first_name"], next["last_name"] }.Select(PipedriveRecord.TextOf).Where(part => part is not null);
            next["name"] = string.Join(' ', parts) is { Length: > 0 } name ? name : null;
        }
        else if (PipedriveRecord.TextOf(written["name"]) is { } whole)
        {
            var space = whole.IndexOf(' ', StringComparison.Ordinal);
            next["first_name"] = space < 0 ? whole : whole[..space];
            next["last_name"] = space < 0 ? null : whole[(space + 1)..];
        }
        Require(next, "name");
    }

    private static void Organization(PipedriveRuling rule) => Require(rule.Next, "name");

    private static void Deal(PipedriveRuling rule)
    {
        var (account, next, written, former, now) = rule;
        Require(next, "title");
        Stage(rule);
        next["currency"] ??= account.Currency;
        next["value"] ??= 0;
        var status = PipedriveRecord.TextOf(next["status"]);
        if (status != (PipedriveRecord.TextOf(former?["status"]) ?? "open"))
            Close(next, written, status!, PipedriveTime.Text(now));
        if (status != "lost" && written["lost_reason"] is not null)
            throw PipedriveProblem.Invalid("\"lost_reason\" can only be set if the deal status is lost");
        if (written["is_archived"] is { } archived && !JsonNode.DeepEquals(archived, former?["is_archived"]))
            next["archive_time"] = archived.GetValue<bool>() ? PipedriveTime.Text(now) : null;
    }

    // A stage has its pipeline; a pipeline alone means its first stage.
    private static void Stage(PipedriveRuling rule)
    {
        var (account, next, written, former, now) = rule;
        var pipeline = next["pipeline_id"] is { } chosen ? chosen.GetValue<long>() : account.Pipelines[0].Id;
        var stage = account.Stages.Find(stage => PipedriveNumbers.Text(stage.Id) == PipedriveRecord.TextOf(next["stage_id"]));
        if (stage is null || (written["stage_id"] is null && stage.PipelineId != pipeline))
            stage = account.Stages.Where(stage => stage.PipelineId == pipeline).MinBy(stage => stage.Order)!;
        (next["stage_id"], next["pipeline_id"]) = (stage.Id, stage.PipelineId);
        if (former is not null && PipedriveRecord.TextOf(former["stage_id"]) != PipedriveNumbers.Text(stage.Id))
            next["stage_change_time"] = PipedriveTime.Text(now);
    }

    private static void Close(JsonObject next, JsonObject written, string status, string now)
    {
        foreach (var (name, isSet) in new[] { ("won_time", status == "won"), ("lost_time", status == "lost"), ("close_time", status != "open") })
            next[name] = isSet ? written[name]?.DeepClone() ?? now : null;
        next["local_won_date"] = PipedriveRecord.TextOf(next["won_time"])?[..10];
        next["local_lost_date"] = PipedriveRecord.TextOf(next["lost_time"])?[..10];
        next["local_close_date"] = PipedriveRecord.TextOf(next["close_time"])?[..10];
        if (status != "lost")
            next["lost_reason"] = null;
    }

    private static void Activity(PipedriveRuling rule)
    {
        var (account, next, written, former, now) = rule;
        next["subject"] ??= account.ActivityTypes.Find(type => type.Key == (PipedriveRecord.TextOf(next["type"]) ?? "call"))?.Name;
        next["type"] ??= "call";
        if (!account.ActivityTypes.Any(type => type.Key == PipedriveRecord.TextOf(next["type"])))
            throw PipedriveProblem.Invalid("\"type\" is not a valid value");
        if (written.ContainsKey("participants"))
            next["person_id"] = (next["participants"]!.AsArray().FirstOrDefault(person => person!["primary"]!.GetValue<bool>()) ?? next["participants"]!.AsArray().FirstOrDefault())
                ?["person_id"]?.DeepClone();
        if (written["done"] is { } done && !JsonNode.DeepEquals(done, former?["done"]))
            next["marked_as_done_time"] = done.GetValue<bool>() ? PipedriveTime.Text(now) : null;
    }

    private static void Require(JsonObject next, string name)
    {
        if (next[name] is null)
            throw PipedriveProblem.Invalid($"\"{name}\" is required");
    }
}
