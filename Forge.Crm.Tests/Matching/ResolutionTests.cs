using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Planning;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Matching;

/// <summary>Cleo is twice here and once there: what a person decides of her, before the plan is approved and after it is settled.</summary>
public sealed class ResolutionTests : IAsyncLifetime
{
    private MatchBed _bed = null!;
    private Guid _first;
    private Guid _second;
    private string _there = "";

    public async Task InitializeAsync()
    {
        _bed = await MatchBed.CreateAsync("Ann:ann@x.example");
        (_first, _second) = (await _bed.AddHereAsync("Cleo", "cleo@x.example"), await _bed.AddHereAsync("Cleo2", "cleo@x.example"));
        await _bed.ConnectAsync();
        _there = _bed.AddThere("cleo", "cleo@x.example");
        _bed.AddThere("ann", "ann@x.example");
    }

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory, InlineData(true, true), InlineData(true, false), InlineData(false, true), InlineData(false, false)]
    public async Task Joined_she_is_joined_to_exactly_that_record_from_whichever_side(bool isSettled, bool isFromThere)
    {
        await PrepareAsync(isSettled);

        var answer = isFromThere
            ? await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Join, _second)
            : await _bed.ResolveAsync(_second, MatchDecision.Join, MatchBed.ThereId(_there));
        answer.State.ShouldBe(MatchAnswerState.Done, answer.Reason);
        await SettleAsync(isSettled);

        (await LinksAsync()).ShouldBe([$"{_there} live Cleo2", "new held Cleo", .. isSettled ? ["new merged Cleo2"] : Array.Empty<string>()]);
        (await _bed.Sync.ScalarAsync<bool>($"select remote_version is not null from crm_record_links where external_id = '{_there}'")).ShouldBeTrue();
        (await _bed.Sync.CountAsync("crm_contacts")).ShouldBe(3);
        (await _bed.RowsAsync("select side || ' ' || decision || ' ' || decided_by from crm_match_items where decision is not null order by side")).ShouldBe(["here join ann", "there join ann"]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task As_a_record_of_her_own_she_is_created_here(bool isSettled)
    {
        await PrepareAsync(isSettled);
        (await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.New)).State.ShouldBe(MatchAnswerState.Done);
        await SettleAsync(isSettled);

        (await LinksAsync()).ShouldBe([$"{_there} live cleo", "new held Cleo", "new held Cleo2"]);
        (await _bed.Sync.CountAsync("crm_contacts")).ShouldBe(4);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task As_a_record_of_her_own_she_is_created_there(bool isSettled)
    {
        await PrepareAsync(isSettled);
        (await _bed.ResolveAsync(_first, MatchDecision.New)).State.ShouldBe(MatchAnswerState.Done);
        await SettleAsync(isSettled);
        await _bed.PushAsync();

        _bed.Crm.All(RemoteKind.Contact).Count(contact => contact.Properties["email"] == "cleo@x.example").ShouldBe(2);
        (await _bed.RowsAsync("select c.first_name || ' ' || l.state from crm_record_links l join crm_contacts c on c.id = l.record_id where c.email = 'cleo@x.example' order by 1"))
            .ShouldBe(["Cleo live", "Cleo merged", "Cleo2 held"]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Kept_out_she_stays_where_she_is_and_may_be_decided_again(bool isSettled)
    {
        await PrepareAsync(isSettled);
        (await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Out)).State.ShouldBe(MatchAnswerState.Done);
        await SettleAsync(isSettled);
        (await LinksAsync()).ShouldBe([$"{_there} held", "new held Cleo", "new held Cleo2"]);
        (await _bed.ViewAsync()).Kinds["contact"].Undecided.ShouldBe(2);

        (await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Join, _first)).State.ShouldBe(MatchAnswerState.Done);
        (await LinksAsync()).ShouldContain($"{_there} live Cleo");
    }

    [Fact]
    public async Task Before_the_approval_a_person_may_change_their_mind()
    {
        await PrepareAsync(isSettled: false);
        await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Join, _first);
        await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Join, _second);
        await SettleAsync(isSettled: false);
        (await LinksAsync()).ShouldBe([$"{_there} live Cleo2", "new held Cleo"]);
    }

    [Fact]
    public async Task A_pair_that_a_person_takes_apart_is_two_records()
    {
        await PrepareAsync(isSettled: false);
        var ann = await _bed.Sync.ScalarAsync<Guid>("select id from crm_contacts where first_name = 'Ann'");
        (await _bed.ResolveAsync(ann, MatchDecision.New)).State.ShouldBe(MatchAnswerState.Done);
        await SettleAsync(isSettled: false);
        await _bed.PushAsync();

        (await _bed.Sync.CountAsync("crm_contacts where email = 'ann@x.example'")).ShouldBe(2);
        _bed.Crm.All(RemoteKind.Contact).Count(contact => contact.Properties["email"] == "ann@x.example").ShouldBe(2);
    }

    [Fact]
    public async Task Nobody_is_joined_to_what_is_matched_joined_or_gone()
    {
        await PrepareAsync(isSettled: false);
        var ann = await _bed.Sync.ScalarAsync<Guid>("select id from crm_contacts where first_name = 'Ann'");
        var cleo = MatchBed.ThereId(_there);
        (await _bed.ResolveAsync(cleo, MatchDecision.Join, ann)).State.ShouldBe(MatchAnswerState.Closed);
        (await _bed.ResolveAsync(cleo, MatchDecision.Join, Guid.NewGuid())).State.ShouldBe(MatchAnswerState.Refused);
        (await _bed.ResolveAsync(_first, MatchDecision.Join, _second)).State.ShouldBe(MatchAnswerState.Refused);
        (await _bed.ResolveAsync(Guid.NewGuid(), MatchDecision.Out)).State.ShouldBe(MatchAnswerState.NotFound);
        await _bed.Sync.ExecuteAsync($"update crm_contacts set deleted_at = now() where id = '{_first}'");
        (await _bed.ResolveAsync(cleo, MatchDecision.Join, _first)).State.ShouldBe(MatchAnswerState.Refused);
        (await _bed.Sync.CountAsync("crm_match_items where decision is not null")).ShouldBe(0);
    }

    [Fact]
    public async Task Once_linked_there_is_nothing_to_decide()
    {
        await PrepareAsync(isSettled: true);
        await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.Join, _first);
        (await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.New)).ShouldBe(MatchAnswer.Closed("It is linked by now."));
        (await _bed.ResolveAsync(_second, MatchDecision.Join, MatchBed.ThereId(_there))).State.ShouldBe(MatchAnswerState.Refused);
    }

    [Fact]
    public async Task Where_the_platform_does_not_answer_the_decision_takes_effect_with_the_next_sync()
    {
        await PrepareAsync(isSettled: true);
        _bed.Crm.Before = _ => throw new Domain.Ports.CrmCallException(Platform.HubSpot, System.Net.HttpStatusCode.ServiceUnavailable, "down");
        (await _bed.ResolveAsync(MatchBed.ThereId(_there), MatchDecision.New)).State.ShouldBe(MatchAnswerState.Done);
        (await LinksAsync()).ShouldContain($"{_there} apart");
        _bed.Crm.Before = _ => { };
        _bed.Sync.Wait();

        await _bed.Sync.RunAsync(SyncMode.Sweep);

        (await LinksAsync()).ShouldContain($"{_there} live cleo");
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Of_many_at_once_each_is_taken_or_not_by_itself_in_their_order(bool isSettled)
    {
        var others = Enumerable.Range(0, 10).Select(i => _bed.AddThere($"twin{i}", $"twins{i / 2}@x.example")).ToList();
        await PrepareAsync(isSettled);
        var (cleo, calls) = (MatchBed.ThereId(_there), _bed.Crm.CallsOf("read contact"));

        var answers = await _bed.ResolveAsync(
        [
            new(cleo, MatchDecision.Join, _first), new(Guid.NewGuid(), MatchDecision.Out), new(_second, MatchDecision.Join, _first), new(_second, MatchDecision.Out),
            .. others.Select(id => new DecidedItem(MatchBed.ThereId(id), MatchDecision.New)),
        ]);

        answers.Select(answer => answer.State).ShouldBe(
            [MatchAnswerState.Done, MatchAnswerState.NotFound, MatchAnswerState.Refused, MatchAnswerState.Done, .. others.Select(_ => MatchAnswerState.Done)]);
        (_bed.Crm.CallsOf("read contact") - calls).ShouldBe(isSettled ? 2 : 0, "all in one call, and the history of the one that both sides have");
        (await _bed.RowsAsync("select coalesce(decision, 'none') || ' ' || count(*) from crm_match_items where class = 'ambiguous' group by decision order by 1")).ShouldBe(["join 2", "new 10", "out 1"]);
        await SettleAsync(isSettled);
        (await LinksAsync()).Count(link => link.Contains(" live twin", StringComparison.Ordinal)).ShouldBe(10);
        (await LinksAsync()).ShouldContain($"{_there} live Cleo");
    }

    private async Task PrepareAsync(bool isSettled)
    {
        var plan = await _bed.MakeAsync();
        if (isSettled)
            await _bed.ApproveAsync(plan, MatchChoice.LinkOnly);
    }

    private async Task SettleAsync(bool isSettled)
    {
        if (!isSettled)
            await _bed.ApproveAsync((await _bed.ViewAsync()).Plan!.Value, MatchChoice.LinkOnly);
    }

    private async Task<List<string>> LinksAsync() =>
        [.. (await _bed.LinksAsync()).Where(link => !link.EndsWith(" Ann", StringComparison.Ordinal))];
}
