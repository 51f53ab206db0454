using System.Net;
using System.Text.Json;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.HubSpot.StubHubSpot;

namespace Forge.Crm.Tests.HubSpot;

public sealed class HubSpotAccountTests
{
    private const string Ann = """
        {"id":"701","properties":{"email":"ann@example.com","firstname":null,"lastmodifieddate":"2026-09-21T12:00:00.123Z","hs_merged_object_ids":"5;6"},
         "createdAt":"2026-01-02T03:04:05.006Z","updatedAt":"2026-09-21T12:00:00.456Z","archived":false,"url":"https://app.hubspot.com/x"
        """;

    [Fact]
    public async Task A_list_asks_for_mapped_properties_and_associations_a_hundred_at_a_time()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"results":[],"paging":{"next":{"after":"NTI1","link":"x"}}}"""));
        var page = await hubSpot.Open().ListAsync(RemoteKind.Deal, "abc", archived: false, CancellationToken.None);
        page.After.ShouldBe("NTI1");
        var request = hubSpot.Requests.ShouldHaveSingleItem();
        request.Method.ShouldBe("GET");
        request.Path.ShouldBe(
            "/crm/v3/objects/deals?limit=100&after=abc&archived=false&properties=dealname,amount,deal_currency_code,pipeline,dealstage,"
            + "hs_deal_stage_probability,closedate,dealtype,description,closed_lost_reason,closed_won_reason,hubspot_owner_id,createdate,"
            + "hs_lastmodifieddate,hs_merged_object_ids,forge_sync_id&associations=contacts,companies");
        request.Authorization.ShouldBe("Bearer pat-eu1-token");
    }

    [Fact]
    public async Task The_archived_are_listed_without_associations()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"results":[{"id":"9","properties":{},"updatedAt":"2026-09-21T12:00:00Z","createdAt":"2026-09-21T12:00:00Z","archived":true,"archivedAt":"2026-09-22T00:00:00Z"}]}"""));
        var page = await hubSpot.Open().ListAsync(RemoteKind.Company, null, archived: true, CancellationToken.None);
        page.After.ShouldBeNull();
        page.Records.ShouldHaveSingleItem().ArchivedAt.ShouldBe(DateTimeOffset.Parse("2026-09-22T00:00:00Z", null));
        hubSpot.Requests[0].Path.ShouldStartWith("/crm/v3/objects/companies?limit=100&archived=true&properties=name,");
        hubSpot.Requests[0].Path.ShouldNotContain("associations");
    }

    [Fact]
    public async Task A_list_shows_each_association_once_and_which_one_is_primary()
    {
        using var hubSpot = new StubHubSpot(_ => Json("{\"results\":[" + Ann + """
            ,"associations":{"companies":{"results":[
              {"id":"801","type":"contact_to_company"},{"id":"801","type":"contact_to_company_unlabeled"},{"id":802,"type":"contact_to_company_unlabeled"}]}}}]}
            """));
        var page = await hubSpot.Open().ListAsync(RemoteKind.Contact, null, archived: false, CancellationToken.None);
        var associations = page.Records.ShouldHaveSingleItem().Associations.ShouldHaveSingleItem();
        associations.From.ShouldBe(new RemoteRef(RemoteKind.Contact, "701"));
        associations.ToKind.ShouldBe(RemoteKind.Company);
        associations.To.ShouldBe([new("801", true), new("802", false)]);
        page.Records[0].MergedIds.ShouldBe(["5", "6"]);
        page.Records[0].UpdatedAt.ShouldBe(DateTimeOffset.Parse("2026-09-21T12:00:00.123Z", null));
    }

    [Fact]
    public async Task Associations_that_a_list_cuts_off_are_read_whole()
    {
        using var hubSpot = new StubHubSpot(request => request.Method == "GET"
            ? Json("{\"results\":[" + Ann + """
                ,"associations":{"companies":{"results":[{"id":"801","type":"contact_to_company"}],"paging":{"next":{"after":"801"}}}}}]}
                """)
            : request.Body.Contains("\"after\"", StringComparison.Ordinal)
                ? Json("""{"results":[{"from":{"id":"701"},"to":[{"toObjectId":"803","associationTypes":[{"category":"USER_DEFINED","typeId":1}]}]}]}""")
                : Json("""
                    {"results":[{"from":{"id":"701"},"to":[{"toObjectId":801,"associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":279},{"category":"HUBSPOT_DEFINED","typeId":1}]},
                      {"toObjectId":802,"associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":279}]}],"paging":{"next":{"after":"802"}}}]}
                    """));
        var page = await hubSpot.Open().ListAsync(RemoteKind.Contact, null, archived: false, CancellationToken.None);
        page.Records[0].Associations[0].To.ShouldBe([new("801", true), new("802", false), new("803", false)]);
        hubSpot.Requests.Skip(1).Select(request => (request.Path, request.Body)).ShouldBe(
        [
            ("/crm/v4/associations/contacts/companies/batch/read", """{"inputs":[{"id":"701"}]}"""),
            ("/crm/v4/associations/contacts/companies/batch/read", """{"inputs":[{"id":"701","after":"802"}]}"""),
        ]);
    }

    [Fact]
    public async Task Records_without_any_association_are_in_the_answer_with_none()
    {
        using var hubSpot = new StubHubSpot(_ => Json(
            """{"status":"COMPLETE","results":[{"from":{"id":"1"},"to":[{"toObjectId":7,"associationTypes":[{"category":"HUBSPOT_DEFINED","typeId":5}]}]}],"numErrors":1,"errors":[{"status":"error","category":"OBJECT_NOT_FOUND","subCategory":"crm.associations.NO_ASSOCIATIONS_FOUND","message":"No company is associated with deal 2.","context":{"fromObjectId":["2"]}}]}""",
            HttpStatusCode.MultiStatus));
        var found = await hubSpot.Open().ReadAssociationsAsync(RemoteKind.Deal, ["1", "2"], RemoteKind.Company, CancellationToken.None);
        found.Select(row => (row.From.Id, row.To.Length)).ShouldBe([("1", 1), ("2", 0)]);
        found[0].To[0].IsPrimary.ShouldBeTrue();
    }

    [Fact]
    public async Task More_than_a_thousand_records_associations_are_read_in_several_calls()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"results":[]}"""));
        var ids = Enumerable.Range(0, 2_001).Select(i => $"{i}").ToList();
        (await hubSpot.Open().ReadAssociationsAsync(RemoteKind.Contact, ids, RemoteKind.Company, CancellationToken.None)).Count.ShouldBe(2_001);
        hubSpot.Requests.Select(InputsOf).ShouldBe([1_000, 1_000, 1]);
    }

    [Theory]
    [InlineData(false, new[] { 100, 100, 30 })]
    [InlineData(true, new[] { 50, 50, 50, 50, 30 })]
    public async Task A_batch_read_takes_a_hundred_ids_a_call_or_fifty_with_history(bool withHistory, int[] calls)
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"results":[]}"""));
        var ids = Enumerable.Range(0, 230).Select(i => $"{i}").ToList();
        await hubSpot.RunAsync(hubSpot.Open().ReadAsync(RemoteKind.Contact, [.. ids, "0", "229"], withHistory, CancellationToken.None));
        hubSpot.Requests.Select(InputsOf).ShouldBe(calls);
        hubSpot.Requests[0].Path.ShouldBe("/crm/v3/objects/contacts/batch/read");
        hubSpot.Requests[0].Body.Contains("propertiesWithHistory", StringComparison.Ordinal).ShouldBe(withHistory);
    }

    [Fact]
    public async Task An_id_that_is_not_there_is_left_out()
    {
        using var hubSpot = new StubHubSpot(_ => Json(
            "{\"status\":\"COMPLETE\",\"results\":[" + Ann + """}],"numErrors":1,"errors":[{"status":"error","category":"OBJECT_NOT_FOUND","message":"Could not get some CONTACT objects","context":{"ids":["9"]}}]}""",
            HttpStatusCode.MultiStatus));
        var snapshot = (await hubSpot.Open().ReadAsync(RemoteKind.Contact, ["701", "9"], false, CancellationToken.None)).ShouldHaveSingleItem();
        snapshot.Ref.ShouldBe(new RemoteRef(RemoteKind.Contact, "701"));
        snapshot.Properties["email"].ShouldBe("ann@example.com");
        snapshot.Properties["firstname"].ShouldBeNull();
        snapshot.CreatedAt.ShouldBe(DateTimeOffset.Parse("2026-01-02T03:04:05.006Z", null));
        snapshot.ReadAt.ShouldBe(hubSpot.Time.GetUtcNow());
        snapshot.ArchivedAt.ShouldBeNull();
        snapshot.History.ShouldBeNull();
    }

    [Fact]
    public async Task A_survivor_who_is_answered_in_the_place_of_a_merged_record_is_there_once()
    {
        const string survivor = """{"id":"1","properties":{"hs_merged_object_ids":"2"},"updatedAt":"2026-09-21T12:00:00Z"}""";
        using var hubSpot = new StubHubSpot(request => request.Path.Contains("associations", StringComparison.Ordinal)
            ? Json("""{"results":[{"from":{"id":1},"to":[{"toObjectId":7,"associationTypes":[]}]}]}""")
            : Json($$"""{"results":[{{survivor}},{{survivor}}]}"""));
        (await hubSpot.Open().ReadAsync(RemoteKind.Contact, ["1", "2"], false, CancellationToken.None)).ShouldHaveSingleItem().MergedIds.ShouldBe(["2"]);
        (await hubSpot.Open().ReadAssociationsAsync(RemoteKind.Contact, ["2"], RemoteKind.Company, CancellationToken.None)).ShouldHaveSingleItem().To.ShouldBeEmpty();
    }

    [Fact]
    public async Task History_comes_with_the_newest_version_first()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""
            {"results":[{"id":"1","properties":{"city":"B"},"updatedAt":"2026-09-21T12:00:00Z","propertiesWithHistory":{"city":[
              {"value":"A","timestamp":"2026-09-01T00:00:00Z","sourceType":"CRM_UI"},{"value":"B","timestamp":"2026-09-02T00:00:00.5Z","sourceId":"userId:1"}]}}]}
            """));
        var snapshot = (await hubSpot.Open().ReadAsync(RemoteKind.Contact, ["1"], true, CancellationToken.None)).ShouldHaveSingleItem();
        snapshot.History!["city"].ShouldBe(
        [
            new("B", DateTimeOffset.Parse("2026-09-02T00:00:00.5Z", null)), new PropertyVersion("A", DateTimeOffset.Parse("2026-09-01T00:00:00Z", null)),
        ]);
    }

    [Fact]
    public async Task Owners_come_with_those_who_left()
    {
        using var hubSpot = new StubHubSpot(request => request.Path switch
        {
            "/crm/v3/owners?limit=100&archived=false" => Json("""{"results":[{"id":"11349275740","email":"a@x.org","firstName":"Ann","lastName":"Lee","userId":1,"archived":false}],"paging":{"next":{"after":"p2"}}}"""),
            "/crm/v3/owners?limit=100&after=p2&archived=false" => Json("""{"results":[{"id":2,"email":"b@x.org","firstName":"","lastName":null}]}"""),
            _ => Json("""{"results":[{"id":"3","email":null,"firstName":"Cid","archived":true}]}"""),
        });
        (await hubSpot.Open().ReadOwnersAsync(CancellationToken.None)).ShouldBe(
            [new("11349275740", "a@x.org", "Ann Lee", true), new("2", "b@x.org", null, true), new("3", null, "Cid", false)]);
    }

    [Fact]
    public async Task A_stage_is_won_or_lost_by_its_metadata()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""
            {"results":[{"id":"default","label":"Sales","displayOrder":0,"archived":false,"stages":[
              {"id":"s1","label":"Talk","displayOrder":0,"archived":false,"metadata":{"isClosed":"false","probability":"0.2"}},
              {"id":"s2","label":"Sure","displayOrder":1,"archived":false,"metadata":{"isClosed":"false","probability":"1.0"}},
              {"id":"s3","label":"Won","displayOrder":2,"archived":false,"metadata":{"isClosed":"true","probability":"1.0"}},
              {"id":"s4","label":"Lost","displayOrder":3,"archived":true,"metadata":{"isClosed":"true","probability":"0.0"}},
              {"id":"s5","label":"Odd","displayOrder":4,"archived":false,"metadata":{}}]}]}
            """));
        var stages = await hubSpot.Open().ReadStagesAsync(CancellationToken.None);
        hubSpot.Requests[0].Path.ShouldBe("/crm/v3/pipelines/deals");
        stages.Select(stage => (stage.Id, stage.Status, stage.Probability, stage.IsArchived)).ShouldBe(
            [("s1", "open", 0.2m, false), ("s2", "open", 1m, false), ("s3", "won", 1m, false), ("s4", "lost", 0m, true), ("s5", "open", null, false)]);
    }

    [Fact]
    public async Task The_account_says_who_and_where_it_is()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"portalId":62515,"timeZone":"Europe/Berlin","companyCurrency":"EUR","uiDomain":"app.hubspot.com"}"""));
        (await hubSpot.Open().DescribeAsync(CancellationToken.None)).ShouldBe(new("62515", "Europe/Berlin", "EUR"));
        hubSpot.Requests[0].Path.ShouldBe("/account-info/v3/details");
    }

    [Fact]
    public async Task A_date_version_has_paths_of_its_own()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"results":[]}"""), ("ApiVersion", "2026-03"));
        var account = hubSpot.Open();
        await account.ListAsync(RemoteKind.Contact, null, false, CancellationToken.None);
        await account.ReadAssociationsAsync(RemoteKind.Contact, ["1"], RemoteKind.Company, CancellationToken.None);
        await account.ReadStagesAsync(CancellationToken.None);
        hubSpot.Requests.Select(request => request.Path.Split('?')[0]).ShouldBe(
            ["/crm/objects/2026-03/contacts", "/crm/associations/2026-03/contacts/companies/batch/read", "/crm/pipelines/2026-03/deals"]);
    }

    [Theory]
    [InlineData("""{"results":[{"properties":{},"updatedAt":"2026-09-21T12:00:00Z"}]}""", "the answer has no record id (contacts)")]
    [InlineData("""{"results":[{"id":"1","updatedAt":"2026-09-21T12:00:00Z"}]}""", "the answer has no properties (contacts)")]
    [InlineData("""{"results":[{"id":"1","properties":{}}]}""", "the answer has no updatedAt (contacts)")]
    [InlineData("""{"results":[{"id":"1","properties":{"email":{}}}]}""", "the answer cannot be read at $.results[0].properties (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("""{"results":[{"id":"1","properties":{},"updatedAt":"soon"}]}""", "the answer cannot be read at $.results[0].updatedAt (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("""{"results":{}}""", "the answer cannot be read at $.results (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("""{"message":"ok"}""", "the answer has no results (crm/v3/objects/contacts)")]
    [InlineData("""{"status":"error","message":"ok","category":"VALIDATION_ERROR"}""", "an error within: VALIDATION_ERROR (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("""{"message":"ok","status" : "error"}""", "an error within: no category (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("[]", "the answer cannot be read (POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("""{"results":[""", "(POST /crm/v3/objects/contacts/batch/read)")]
    [InlineData("", "(POST /crm/v3/objects/contacts/batch/read)")]
    public async Task An_answer_of_another_shape_is_an_error_that_names_call_and_place_and_quotes_nothing(string body, string named)
    {
        using var hubSpot = new StubHubSpot(_ => Json(body.Replace("ok", "secret-value", StringComparison.Ordinal)));
        var error = await Should.ThrowAsync<CrmCallException>(() => hubSpot.Open().ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None));
        error.IsTransient.ShouldBeFalse();
        error.Message.ShouldStartWith("HubSpot answered 200");
        error.Message.ShouldContain(named);
        error.ToString().ShouldNotContain("secret-value");
        hubSpot.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_deletion_that_is_answered_with_an_error_was_none()
    {
        using var hubSpot = new StubHubSpot(_ => Json("""{"status":"error","category":"VALIDATION_ERROR"}"""));
        var error = await Should.ThrowAsync<CrmCallException>(() => ((ICrmWriter)hubSpot.Open()).DeleteAsync(RemoteKind.Contact, ["1"], CancellationToken.None));
        error.Message.ShouldContain("VALIDATION_ERROR");
    }

    private static int InputsOf(StubRequest request) => JsonDocument.Parse(request.Body).RootElement.GetProperty("inputs").GetArrayLength();
}
