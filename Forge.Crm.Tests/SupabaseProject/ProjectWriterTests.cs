using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Writing;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>A tenant's own project keeps the contract of writers, and what is its own of associations.</summary>
public sealed class ProjectWriterTests : WriterContract
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly ProjectWriterBed _bed;

    public ProjectWriterTests()
        : this(new())
    {
    }

    private ProjectWriterTests(ProjectWriterBed bed)
        : base(bed) => _bed = bed;

    [Fact]
    public async Task A_second_one_is_refused_but_for_a_primary_one_and_only_the_one_that_is_there_is_removed()
    {
        var (a, b) = (Firm("A"), Firm("B"));
        var ann = AddInFirm("ann", a);
        (await LinkAsync(new LinkChange(ann, RemoteKind.Company, b, IsAdded: true))).Single().ShouldBe(
            WriteAnswer.Refused("'company' of contact names another record already, and holds one."));
        (await LinkAsync(new LinkChange(ann, RemoteKind.Company, b, IsAdded: false))).ShouldBe([WriteAnswer.Linked]);
        FirmOf(ann).ShouldBe(a);
        (await LinkAsync(new LinkChange(ann, RemoteKind.Company, b, IsAdded: true, IsPrimary: true))).ShouldBe([WriteAnswer.Linked]);
        FirmOf(ann).ShouldBe(b);
    }

    [Fact]
    public async Task What_a_removal_frees_is_taken_by_the_addition_that_comes_with_it()
    {
        var (a, b) = (Firm("A"), Firm("B"));
        var ann = AddInFirm("ann", a);
        (await LinkAsync(new(ann, RemoteKind.Company, b, IsAdded: true), new(ann, RemoteKind.Company, a, IsAdded: false))).ShouldBe([WriteAnswer.Linked, WriteAnswer.Linked]);
        FirmOf(ann).ShouldBe(b);
    }

    [Fact]
    public async Task One_that_is_as_wanted_is_not_touched()
    {
        var a = Firm("A");
        var ann = AddInFirm("ann", a);
        var before = _bed.Scalar<DateTime>("select updated_at from contact");
        foreach (var isPrimary in new[] { false, true })
            (await LinkAsync(new LinkChange(ann, RemoteKind.Company, a, IsAdded: true, isPrimary))).ShouldBe([WriteAnswer.Linked]);
        _bed.Scalar<DateTime>("select updated_at from contact").ShouldBe(before);
    }

    [Fact]
    public async Task Forty_records_that_go_to_one_are_one_call()
    {
        var a = Firm("A");
        string[] people = [.. Enumerable.Range(0, 40).Select(i => _bed.AddContact($"p{i}@example.com", "P", "+1"))];
        var calls = _bed.Requests(_ => true);
        (await LinkAsync([.. people.Select(id => new LinkChange(id, RemoteKind.Company, a, IsAdded: true))])).ShouldAllBe(answer => answer == WriteAnswer.Linked);
        (await LinkAsync([.. people.Select(id => new LinkChange(id, RemoteKind.Company, a, IsAdded: false))])).ShouldAllBe(answer => answer == WriteAnswer.Linked);
        _bed.Requests(_ => true).ShouldBe(calls + 2);
        _bed.Scalar<long>("select count(*) from contact where company is not null").ShouldBe(0);
    }

    [Fact]
    public async Task A_creation_that_leads_nowhere_is_refused_by_its_column_and_stops_no_other()
    {
        var a = Firm("A");
        RecordCreation Of(string to) => new(Guid.NewGuid(), _bed.Contact(("first_name", "Ann"))) { Links = [new(RemoteKind.Company, to, IsPrimary: false)] };
        var answers = await _bed.Writer.CreateAsync(RemoteKind.Contact, [Of(a), Of(_bed.UnknownId), Of(a)], Ct);
        answers.Select(answer => (answer.State, answer.Reason)).ShouldBe(
            [(WriteState.Done, null), (WriteState.Refused, "'company': names a row that is not there, or that is referred to itself (23503)"), (WriteState.Done, null)]);
    }

    private Task<IReadOnlyList<WriteAnswer>> LinkAsync(params LinkChange[] changes) => _bed.Writer.LinkAsync(RemoteKind.Contact, changes, Ct);

    private string Firm(string name) => $"{_bed.Scalar<long>($"insert into company (name) values ('{name}') returning id")}";

    private string AddInFirm(string name, string firm) => $"{_bed.Scalar<long>($"insert into contact (first_name, company) values ('{name}', {firm}) returning id")}";

    private string FirmOf(string contact) => $"{_bed.Scalar<long>($"select company from contact where id = {contact}")}";
}
