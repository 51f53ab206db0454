using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Planning;

public sealed class ConflictResolverTests
{
    private static readonly Dictionary<string, string?> Old = new() { ["email"] = "old@example.com", ["updated_at"] = "2024-01-01" };
    private static readonly Dictionary<string, string?> New = new() { ["email"] = "new@example.com", ["updated_at"] = "2024-01-02" };

    [Theory]
    [InlineData("timestamp_based", "new@example.com")]
    [InlineData("source_priority", "old@example.com")]
    [InlineData("field_merge", "new@example.com")]
    [InlineData("manual_review", "old@example.com")]
    public void Each_strategy_decides_the_owner_s_example(string strategy, string email) =>
        ConflictResolver.Resolve(Old, New, strategy)["email"].ShouldBe(email);

    [Theory]
    [InlineData("timestamp_based", "new@example.com")]
    [InlineData("source_priority", "new@example.com")]
    [InlineData("field_merge", "new@example.com")]
    [InlineData("manual_review", "new@example.com")]
    public void And_the_other_way_round(string strategy, string email) =>
        ConflictResolver.Resolve(New, Old, strategy)["email"].ShouldBe(email);

    [Fact]
    public void Manual_review_keeps_the_local_value_and_lists_both() =>
        ConflictResolver.Resolve(Old, New, "manual_review").InReview["email"].ShouldBe(("old@example.com", "new@example.com"));

    [Fact]
    public void What_means_the_same_is_no_conflict()
    {
        var local = new Dictionary<string, string?>(Old) { ["email"] = " OLD@Example.com", ["phone"] = "(555) 010-0100 " };
        var remote = new Dictionary<string, string?>(New) { ["email"] = "old@example.com", ["phone"] = "+1 555 010 0100" };
        var resolution = ConflictResolver.Resolve(local, remote, "manual_review");
        resolution.InReview.ShouldBeEmpty();
        (resolution["email"], resolution["phone"]).ShouldBe(("old@example.com", "+15550100100"));
    }

    [Fact]
    public void A_field_that_only_one_side_knows_is_kept()
    {
        var remote = new Dictionary<string, string?>(New) { ["city"] = "Bonn" };
        ConflictResolver.Resolve(Old, remote, "manual_review")["city"].ShouldBe("Bonn");
        ConflictResolver.Resolve(remote, Old, "source_priority")["city"].ShouldBe("Bonn");
    }

    [Fact]
    public void Ranks_merge_rules_platforms_and_kinds_can_be_chosen()
    {
        var (local, remote) = (Deal("10", "2024-01-02"), Deal("20", "2024-01-01"));
        var max = new ResolveOptions(RecordKind.Deal, Rule: FieldRule.Default with { Merge = Merge.Max });
        ConflictResolver.Resolve(local, remote, "field_merge", max)["amount"].ShouldBe("20");
        ConflictResolver.Resolve(local, remote, "timestamp_based", max)["amount"].ShouldBe("10");
        var pipedriveFirst = new ResolveOptions(
            RecordKind.Deal, Platform.HubSpot, Platform.Pipedrive, FieldRule.Default with { Ranks = [Platform.Pipedrive, Platform.HubSpot, Platform.Supabase] });
        ConflictResolver.Resolve(local, remote, "source_priority", pipedriveFirst)["amount"].ShouldBe("20");
    }

    [Fact]
    public void A_tie_goes_to_the_higher_rank() =>
        ConflictResolver.Resolve(Deal("10", "2024-01-01"), Deal("20", "2024-01-01"), "timestamp_based", new(RecordKind.Deal))["amount"].ShouldBe("10");

    [Fact]
    public void An_unknown_strategy_is_named() => Message(() => ConflictResolver.Resolve(Old, New, "newest"))
        .ShouldStartWith("There is no strategy 'newest'; there are: timestamp_based, source_priority, field_merge, manual_review");

    [Fact]
    public void A_missing_date_is_named() =>
        Message(() => ConflictResolver.Resolve(Old, new Dictionary<string, string?> { ["email"] = "x@example.com" }, "timestamp_based"))
            .ShouldStartWith("remote has no updated_at.");

    [Theory]
    [InlineData("yesterday")]
    [InlineData("")]
    [InlineData("2024-02-30")]
    [InlineData("31.12.2024 25:00")]
    public void An_unreadable_date_is_named(string date) =>
        Message(() => ConflictResolver.Resolve(new Dictionary<string, string?>(Old) { ["updated_at"] = date }, New, "timestamp_based"))
            .ShouldStartWith($"local.updated_at is no date: '{date}'");

    [Fact]
    public void A_value_that_its_field_cannot_hold_is_named() =>
        Message(() => ConflictResolver.Resolve(Deal("ten", "2024-01-01"), Deal("10", "2024-01-01"), "timestamp_based", new(RecordKind.Deal)))
            .ShouldStartWith("local.amount: The value is not a number");

    [Fact]
    public void A_merge_rule_that_does_not_fit_is_named() =>
        Message(() => ConflictResolver.Resolve(Old, New, "field_merge", new(Rule: FieldRule.Default with { Merge = Merge.Max })))
            .ShouldBe("The merge rule max does not fit 'email', which is of type email.");

    private static Dictionary<string, string?> Deal(string amount, string updatedAt) => new() { ["amount"] = amount, ["updated_at"] = updatedAt };

    private static string Message(Func<object> act) => Should.Throw<ArgumentException>(() => { act(); }).Message;
}
