using System.Net;
using Forge.Crm.Adapters.Leads;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Leads;

public sealed class LeadOutcomeTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(60, 30)]
    [InlineData(86_400, 3_600)]
    public void While_the_contact_is_not_there_it_waits_ever_longer_and_no_attempt_is_used_up(int age, int wait) =>
        LeadOutcome.Before(Lead(contact: null, attempts: 3, age: TimeSpan.FromSeconds(age)))
            .ShouldSatisfyAllConditions(
                waits => waits!.Status.ShouldBe(LeadStatus.Pending), waits => waits!.Attempts.ShouldBe(2), waits => waits!.Wait.ShouldBe(TimeSpan.FromSeconds(wait)));

    [Fact]
    public void What_cannot_come_to_anything_ends()
    {
        LeadOutcome.Before(Lead(contact: null, age: TimeSpan.FromDays(31)))!.ShouldSatisfyAllConditions(
            late => late.Status.ShouldBe(LeadStatus.Failed), late => late.Reason!.ShouldContain("thirty days"));
        LeadOutcome.Before(Lead(attempts: 11))!.Reason.ShouldBe("given up after 10 attempts");
        LeadOutcome.Before(Lead() with { IsGone = true })!.Status.ShouldBe(LeadStatus.Dropped);
        LeadOutcome.Before(Lead(attempts: 10)).ShouldBeNull();
    }

    [Theory]
    [InlineData(null, 3, 3, 20)]
    [InlineData(503, 3, 3, 20)]
    [InlineData(503, 10, 9, 300)]
    [InlineData(429, 3, 2, 20)]
    [InlineData(401, 3, 2, 20)]
    public void An_outage_is_sat_out_however_long_it_lasts(int? status, int attempts, int counted, int wait) =>
        LeadOutcome.PutOff(Lead(attempts: attempts), new(Platform.HubSpot, (HttpStatusCode?)status, "busy"))
            .ShouldSatisfyAllConditions(
                later => later.Status.ShouldBe(LeadStatus.Pending), later => later.Attempts.ShouldBe(counted), later => later.Wait.ShouldBe(TimeSpan.FromSeconds(wait)));

    [Fact]
    public void HubSpot_is_left_alone_as_long_as_it_asks_and_what_it_refuses_fails_with_its_reason()
    {
        LeadOutcome.PutOff(Lead(), new(Platform.HubSpot, HttpStatusCode.TooManyRequests, "RATE_LIMIT", TimeSpan.FromMinutes(10))).Wait.ShouldBe(TimeSpan.FromMinutes(10));
        LeadOutcome.PutOff(Lead(), new(Platform.HubSpot, HttpStatusCode.BadRequest, "VALIDATION_ERROR"))
            .ShouldSatisfyAllConditions(refused => refused.Status.ShouldBe(LeadStatus.Failed), refused => refused.Reason!.ShouldContain("VALIDATION_ERROR"));
    }

    private static QueuedLead Lead(string? contact = "101", int attempts = 1, TimeSpan age = default) => new(Guid.NewGuid(), "Lead", contact, false, attempts, age);
}
