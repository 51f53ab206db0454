using System.Net;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Tests.Fakes;

/// <summary>What the code under test sees of a <see cref="FakeCrm"/>.</summary>
internal sealed class FakeAccount(FakeCrm crm, Platform platform, string token) : ICrmAccount, ICrmWriter
{
    public bool KeepsHistory => crm.KeepsHistory;

    public int ReadLimit => 100;

    public int WriteLimit => 100;

    public Task<RemoteAccount> DescribeAsync(CancellationToken ct) => Answer("describe", () => crm.Account);

    public async Task<IReadOnlyList<RemoteSnapshot>> ReadAsync(
        RemoteKind kind, IReadOnlyCollection<string> ids, bool withHistory, CancellationToken ct)
    {
        var read = new List<RemoteSnapshot>();
        foreach (var chunk in ids.Chunk(withHistory ? ReadLimit / 2 : ReadLimit))
            read.AddRange(await Answer($"read {kind.ToName()}", () => crm.Read(kind, chunk, withHistory)));
        return read;
    }

    public Task<IReadOnlyList<RemoteAssociations>> ReadAssociationsAsync(
        RemoteKind from, IReadOnlyCollection<string> ids, RemoteKind to, CancellationToken ct) =>
        Answer<IReadOnlyList<RemoteAssociations>>($"associations {from.ToName()}", () => [.. ids.Select(id => crm.Associations(new(from, id), to))]);

    public Task<RemotePage> ListAsync(RemoteKind kind, string? after, bool archived, CancellationToken ct) =>
        Answer($"{(archived ? "archived" : "list")} {kind.ToName()}", () => crm.List(kind, after, archived));

    public Task<ChangedPage> ChangedSinceAsync(RemoteKind kind, ChangedWindow window, CancellationToken ct) =>
        Answer($"search {kind.ToName()}", () => crm.Search(kind, window));

    public Task<IReadOnlyList<RemoteOwner>> ReadOwnersAsync(CancellationToken ct) => Answer<IReadOnlyList<RemoteOwner>>("owners", () => [.. crm.Owners]);

    public Task<IReadOnlyList<RemoteStage>> ReadStagesAsync(CancellationToken ct) => Answer<IReadOnlyList<RemoteStage>>("stages", () => [.. crm.Stages]);

    public Task<IReadOnlyList<RemoteSnapshot>> FindAsync(RemoteKind kind, IReadOnlyCollection<SoughtRecord> sought, CancellationToken ct) =>
        Answer($"find {kind.ToName()}", () => crm.Find(kind, sought));

    public Task<IReadOnlyList<WriteAnswer>> WriteAsync(RemoteKind kind, IReadOnlyList<RecordUpdate> updates, CancellationToken ct) =>
        Answer<IReadOnlyList<WriteAnswer>>($"write {kind.ToName()}", () => [.. updates.Select(update => crm.Write(kind, update))]);

    public Task<IReadOnlyList<WriteAnswer>> CreateAsync(RemoteKind kind, IReadOnlyList<RecordCreation> creations, CancellationToken ct) =>
        Answer<IReadOnlyList<WriteAnswer>>($"create {kind.ToName()}", () => [.. creations.Select(creation => crm.Create(kind, creation))]);

    public Task<IReadOnlyList<WriteAnswer>> DeleteAsync(RemoteKind kind, IReadOnlyList<string> ids, CancellationToken ct) =>
        Answer<IReadOnlyList<WriteAnswer>>($"delete {kind.ToName()}", () => [.. ids.Select(id => crm.Delete(kind, id))]);

    public Task<WriteAnswer> MergeAsync(RemoteKind kind, string survivor, string loser, CancellationToken ct) =>
        Answer($"merge {kind.ToName()}", () => crm.Merge(kind, survivor, loser));

    public Task<IReadOnlyList<WriteAnswer>> LinkAsync(RemoteKind from, IReadOnlyList<LinkChange> changes, CancellationToken ct) =>
        Answer<IReadOnlyList<WriteAnswer>>($"link {from.ToName()}", () => [.. changes.Select(change => crm.Link(from, change))]);

    private async Task<T> Answer<T>(string call, Func<T> read)
    {
        await Task.Yield(); // a real call never comes back on the caller's stack
        return token == FakeCrm.Token ? crm.Answer(call, read) : throw new CrmCallException(platform, HttpStatusCode.Unauthorized, "the token is refused");
    }
}
