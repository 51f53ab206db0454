using System.Collections.Immutable;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Push;

/// <summary>Which of the records that are like creations without an answer becomes whose.</summary>
public sealed class LikenessesTests
{
    private static readonly Guid Ann = new(1, 0, 0, new byte[8]);
    private static readonly Guid Bob = new(2, 0, 0, new byte[8]);

    [Fact]
    public void Twins_are_given_one_to_each_and_what_is_left_over_is_no_finding() =>
        Given([Alike("1", Ann, Bob), Alike("2", Ann, Bob), Alike("3", Ann, Bob)]).ShouldBe([("1", Ann), ("2", Bob)]);

    [Fact]
    public void One_that_is_linked_already_is_another_s_twin() => Given([Alike("1", Ann), Alike("2", Ann)], known: "1").ShouldBe([("2", Ann)]);

    [Fact]
    public void What_bears_our_id_or_was_found_by_a_key_stays_as_it_is() =>
        Given([Alike("1") with { SyncId = Bob }, Alike("2"), Alike("3", Ann)], known: "2").ShouldBe([("1", Bob), ("2", null), ("3", Ann)]);

    private static RemoteSnapshot Alike(string id, params Guid[] alikeTo) =>
        new(new(RemoteKind.Note, id), ImmutableDictionary<string, string?>.Empty, default, default, null, default, [], []) { AlikeTo = [.. alikeTo] };

    private static List<(string Id, Guid? SyncId)> Given(IEnumerable<RemoteSnapshot> found, params string[] known) =>
        [.. Likenesses.Give(found, reference => known.Contains(reference.Id)).Select(snapshot => (snapshot.Ref.Id, snapshot.SyncId))];
}
