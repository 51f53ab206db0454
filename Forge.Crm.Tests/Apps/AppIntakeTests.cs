using System.Text;
using System.Text.Json.Nodes;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.SystemTextJson;
using Forge.Crm.Adapters.Apps;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Apps;

/// <summary>What is taken in, for whom, and what is refused.</summary>
public sealed class AppIntakeTests(AppFixture fixture) : IClassFixture<AppFixture>
{
    public static TheoryData<string, AppRefusal> Refused => new()
    {
        { "too large", AppRefusal.TooLarge }, { "no JSON", AppRefusal.Unreadable }, { "nothing", AppRefusal.Unreadable }, { "not UTF-8", AppRefusal.Unreadable },
        { "U+0000", AppRefusal.Unreadable }, { "too deep", AppRefusal.Unreadable }, { "a name twice", AppRefusal.Unreadable }, { "no envelope", AppRefusal.Unreadable },
        { "of another app", AppRefusal.OtherApp }, { "of an app whose name begins so", AppRefusal.OtherApp }, { "too old", AppRefusal.OutOfTime },
        { "of tomorrow", AppRefusal.OutOfTime },
    };

    [Theory, MemberData(nameof(Refused))]
    public async Task What_cannot_be_taken_is_refused_and_leaves_no_trace(string what, AppRefusal reason)
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow, PlatformApp.Folio);
        (await fixture.Get<AppIntake>().ReceiveAsync(PlatformApp.Bidflow, Bytes(what, tenant), CancellationToken.None)).ShouldBe(reason);
        (await fixture.JournalAsync(tenant)).ShouldBeEmpty();
        (await fixture.RowsAsync(tenant, "id", "crm_rule_events")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_event_for_a_tenant_that_has_not_the_app_or_is_suspended_or_not_there_is_refused()
    {
        var (with, without, suspended) = (await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Folio), await fixture.TenantAsync(PlatformApp.Bidflow));
        await fixture.Hub.ExecuteAsync($"update crm_tenants set state = 'suspended' where tenant_id = '{suspended}'");
        foreach (var tenant in new[] { without, suspended, new TenantId(Guid.NewGuid()), new TenantId(Guid.Empty) })
            (await fixture.SendAsync(AppMessages.Inquiry(tenant))).ShouldBe(AppRefusal.TenantNotAllowed);
        (await fixture.SendAsync(AppMessages.Inquiry(with))).ShouldBeNull();
        (await fixture.Hub.RowsAsync($"select tenant_id from crm_webhook_events where tenant_id in ('{with}', '{without}', '{suspended}')")).ShouldBe([$"{with}"]);
    }

    [Fact]
    public async Task The_same_event_for_two_tenants_is_two_events_and_neither_sees_the_others()
    {
        var (a, b) = (await fixture.TenantAsync(PlatformApp.Bidflow), await fixture.TenantAsync(PlatformApp.Bidflow));
        var message = AppMessages.Inquiry(a);
        await fixture.RunAsync(message);
        await fixture.RunAsync(message.With("tenantid", b.ToString()));

        foreach (var (tenant, other) in new[] { (a, b), (b, a) })
        {
            (await fixture.RowsAsync(tenant, "email", "crm_contacts")).ShouldBe(["minsu.kim@haneul.example"]);
            (await fixture.RowsAsync(tenant, "name, owner_id is not null", "crm_deals")).ShouldBe(["스마트 교실 구축|True"]);
            (await fixture.Hub.Tenant.QueryAsync(tenant, new("select count(*) from crm_webhook_events"), row => row.GetInt64(0), CancellationToken.None)).ShouldBe([1]);
            (await fixture.Hub.ScalarAsync<long>($"select count(*) from crm_deals d join crm_owners o on o.owner_id = d.owner_id where d.tenant_id = '{tenant}' and o.tenant_id = '{other}'")).ShouldBe(0);
        }
    }

    [Fact]
    public async Task An_event_that_breaks_its_contract_stands_in_the_journal_as_failed_as_it_came()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Bidflow);
        var message = AppMessages.Inquiry(tenant).With("dataschema", "urn:forge-crm:bidflow.inquiry.submitted:2").With("data.새로운", "필드");
        await fixture.RunAsync(message, AppMessages.Inquiry(tenant).With("data.contact", null), AppMessages.Inquiry(tenant).With("type", "bidflow.bid.won"));

        (await fixture.JournalAsync(tenant)).ShouldBe(
        [
            "bidflow.inquiry.submitted|failed|'dataschema' names a version that is not known; there are: urn:forge-crm:bidflow.inquiry.submitted:1",
            "bidflow.inquiry.submitted|failed|/data: Required properties [\"contact\"] are not present",
            "bidflow.bid.won|failed|no event of this type is known",
        ]);
        (await fixture.Hub.ScalarAsync<byte[]>($"select raw from crm_webhook_events where tenant_id = '{tenant}' order by id limit 1")).ShouldBe(message.Bytes());
        (await fixture.RowsAsync(tenant, "id", "crm_contacts")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_that_the_CloudEvents_library_makes_is_one_of_ours()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Hephaitos);
        var made = new CloudEvent
        {
            Id = "1",
            Source = new("urn:hephaitos:enrolment"),
            Type = "hephaitos.student.signed_up",
            Time = AppMessages.Now,
            DataContentType = "application/json",
            DataSchema = new("urn:forge-crm:hephaitos.student.signed_up:1"),
            Data = JsonNode.Parse(AppMessages.Signup(tenant)["data"]!.ToJsonString()),
            [CloudEventAttribute.CreateExtension("tenantid", CloudEventAttributeType.String)] = tenant.ToString(),
        };
        var bytes = new JsonEventFormatter().EncodeStructuredModeMessage(made, out _);
        (await fixture.Get<AppIntake>().ReceiveAsync(PlatformApp.Hephaitos, bytes, CancellationToken.None)).ShouldBeNull();
        (await fixture.JournalAsync(tenant)).ShouldBe(["hephaitos.student.signed_up|pending|"]);
    }

    [Fact]
    public async Task Of_ten_deliveries_at_once_one_counts()
    {
        var tenant = await fixture.TenantAsync(PlatformApp.Folio);
        var message = AppMessages.Transaction(tenant, "T-1");
        (await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => fixture.SendAsync(message.DeepClone().AsObject())))).ShouldAllBe(refusal => refusal == null);
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => fixture.DrainAsync(tenant)));
        (await fixture.SendAsync(message)).ShouldBeNull();
        await fixture.DrainAsync(tenant);

        (await fixture.JournalAsync(tenant)).ShouldBe(["folio.transaction.completed|applied|"]);
        (await fixture.RowsAsync(tenant, "type", "crm_activities")).ShouldBe(["note"]);
        (await fixture.RowsAsync(tenant, "name", "crm_deals")).ShouldBe(["한강서점"]);
        (await fixture.RowsAsync(tenant, "first_name", "crm_contacts")).ShouldBe(["지영"]);
    }

    private static byte[] Bytes(string what, TenantId tenant)
    {
        var message = AppMessages.Inquiry(tenant);
        string Text() => Encoding.UTF8.GetString(message.Bytes());
        return what switch
        {
            "too large" => message.With("data.extra", new string('x', AppIntake.MaxBytes)).Bytes(),
            "no JSON" => "inquiry=1"u8.ToArray(),
            "nothing" => [],
            "not UTF-8" => [.. Encoding.Latin1.GetBytes(Text().Replace("G2B-1", "caf\u00e9", StringComparison.Ordinal))],
            "U+0000" => message.With("data.message", "a\0b").Bytes(),
            "too deep" => message.With("data.extra", JsonNode.Parse(new string('[', 40) + new string(']', 40))).Bytes(),
            "a name twice" => Encoding.UTF8.GetBytes(Text().Replace("\"specversion\":\"1.0\"", $"\"specversion\":\"1.0\",\"tenantid\":\"{Guid.NewGuid()}\"", StringComparison.Ordinal)),
            "no envelope" => "[1]"u8.ToArray(),
            "of another app" => AppMessages.Transaction(tenant, "T-1").Bytes(),
            "of an app whose name begins so" => message.With("type", "bidflowing.inquiry.submitted").Bytes(),
            "too old" => message.With("time", AppMessages.Now.AddDays(-30).ToString("O")).Bytes(),
            _ => message.With("time", AppMessages.Now.AddDays(1).ToString("O")).Bytes(),
        };
    }
}
