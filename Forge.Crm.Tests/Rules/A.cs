using System.Collections.Immutable;
using System.Text.Json;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Rules;

namespace Forge.Crm.Tests.Rules;

/// <summary>Records, events and a tenant for rules to look at.</summary>
internal static class A
{
    public static readonly DateTimeOffset Now = new(2026, 11, 30, 9, 0, 0, TimeSpan.Zero);
    public static readonly Guid Ann = Guid.Parse("00000000-0000-0000-0000-00000000000a");
    public static readonly Guid Bo = Guid.Parse("00000000-0000-0000-0000-00000000000b");

    public static RuleFacts Facts(string zone = "UTC", DateTimeOffset? now = null) => new(
        now ?? Now, new(TimeZoneInfo.FindSystemTimeZoneById(zone), "KR", "KRW"), StandardFields.Of,
        [
            Stage(1, "Lead in", 0), Stage(2, "Meeting Scheduled", 1), Stage(3, "Proposal Sent", 2), Stage(4, "Won", 3, "won"), Stage(5, "Lost", 4, "lost"),
        ],
        [new("1", Ann, "ann@example.com", "Ann", true), new("2", Bo, "bo@example.com", "보라", true), new("3", Guid.Parse("00000000-0000-0000-0000-00000000000c"), "gone@example.com", null, false)]);

    public static Guid StageId(int number) => Guid.Parse($"00000000-0000-0000-0000-0000000000{number:00}");

    public static RuleRecord Record(RecordKind kind, params (string Field, string? Value)[] values)
    {
        var shape = StandardFields.Of(kind);
        var given = values.ToDictionary(value => value.Field, value => value.Value);
        return new(shape, Guid.NewGuid(), [.. shape.Fields.Select(field => given.GetValueOrDefault(field.Name))]);
    }

    public static RuleEvent Created(RuleRecord record) => new(7, RuleEventType.Created, record.Kind, record.Id, RuleEvent.NoChanges, Now);

    public static RuleEvent Changed(RuleRecord record, string field, string? old, string? @new) =>
        new(7, RuleEventType.Changed, record.Kind, record.Id, ImmutableDictionary<string, FieldChange>.Empty.Add(field, new(old, @new)), Now);

    public static RuleEvent FromApp(string type, string data) => new(7, RuleEventType.App, null, null, RuleEvent.NoChanges, Now)
    {
        AppType = type,
        Data = JsonDocument.Parse(data).RootElement,
    };

    public static Rule Rule(string document) => RuleDocument.Read(Guid.NewGuid(), "rule", 1, document, StandardFields.Of);

    public static Rule Preset(string name) => Rule(ReadyMadeRules.All.Single(rule => rule.Preset == name).Document);

    /// <summary>What the rule decides; null where it is not for the event, or its condition does not hold.</summary>
    public static RuleDecision? Decide(Rule rule, RuleEvent happened, RuleRecord? record, RuleFacts? facts = null, params (string Alias, RuleRecord Found)[] found)
    {
        if (RuleEngine.Fires(rule, happened, record, facts ?? Facts()) is not { } scope)
            return null;
        foreach (var find in rule.Find)
            find.Choose(scope, found.Where(pair => pair.Alias == find.Alias).Select(pair => pair.Found));
        return RuleEngine.Decide(scope, Guid.NewGuid, turn: 0);
    }

    private static Stage Stage(int number, string label, int position, string status = "open") =>
        new("default", $"{number}", Guid.Parse("00000000-0000-0000-0000-0000000000ff"), StageId(number), "Sales", label, position, 0.1m * number, status, false);
}
