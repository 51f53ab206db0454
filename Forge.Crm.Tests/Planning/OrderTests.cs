using CsCheck;
using Forge.Crm.Domain.Records;
using static Forge.Crm.Tests.Planning.MemoryHub;

namespace Forge.Crm.Tests.Planning;

/// <summary>Any order and any number of deliveries end in the same state (promise 3), as far as one platform goes.</summary>
public sealed class OrderTests
{
    private static readonly string[] Fields = ["first_name", "last_name", "job_title"];

    private static readonly Gen<(int Field, string? Value)[]> Edits =
        Gen.Select(Gen.Int[0, Fields.Length - 1], Gen.Int[0, 4].Select(n => n == 0 ? null : $"v{n}")).Array[1, 12];

    [Fact]
    public void Snapshots_in_any_order_and_number_end_in_the_newest_state() =>
        Gen.Select(Edits, Gen.Int[0, int.MaxValue]).Sample((edits, seed) =>
        {
            var versions = Versions(edits);
            var random = new Random(seed);
            var deliveries = versions.Concat(versions).OrderBy(_ => random.Next()).ToList();
            var hub = new MemoryHub();
            foreach (var version in deliveries)
                hub.Apply(version);
            Matches(hub, versions[^1].Record!).ShouldBeTrue();
        }, iter: 2_000);

    [Fact]
    public void A_deletion_among_them_wins_where_it_is_the_last_word_and_loses_where_it_is_not() =>
        Gen.Select(Edits, Gen.Int[0, 13], Gen.Int[0, int.MaxValue]).Sample((edits, deletedAt, seed) =>
        {
            var versions = Versions(edits);
            var random = new Random(seed);
            var hub = new MemoryHub();
            hub.Apply(versions[0]);
            var deliveries = versions.Append(Deleted(deletedAt)).Concat(versions).OrderBy(_ => random.Next()).ToList();
            foreach (var delivery in deliveries)
                hub.Apply(delivery);
            var isDead = deletedAt >= versions.Count - 1;
            hub.Link("1")!.State.ShouldBe(isDead ? LinkState.Deleted : LinkState.Live);
        }, iter: 2_000);

    [Fact]
    public void Ringing_again_for_everything_changes_nothing() =>
        Edits.Sample(edits =>
        {
            var hub = new MemoryHub();
            var versions = Versions(edits);
            foreach (var version in versions)
                hub.Apply(version);
            var (history, records) = (hub.History.Count, hub.Records.Values.ToList());
            foreach (var version in versions)
                hub.Apply(version);
            hub.History.Count.ShouldBe(history);
            hub.Records.Values.ShouldBe(records);
        }, iter: 1_000);

    private static List<Forge.Crm.Domain.Planning.RemoteChange> Versions((int Field, string? Value)[] edits)
    {
        var state = Fields.ToDictionary(field => field, _ => (string?)"start");
        var versions = new List<Forge.Crm.Domain.Planning.RemoteChange> { Contact(0, [.. state.Select(s => (s.Key, s.Value))]) };
        foreach (var (edit, i) in edits.Select((edit, i) => (edit, i)))
        {
            state[Fields[edit.Field]] = edit.Value;
            versions.Add(Contact(i + 1, [.. state.Select(s => (s.Key, s.Value))]));
        }

        return versions;
    }

    private static bool Matches(MemoryHub hub, RemoteRecord newest) =>
        Fields.All(field => hub.Value(field) == newest.Fields[StandardFields.Contact.IndexOf(field)].Value);
}
