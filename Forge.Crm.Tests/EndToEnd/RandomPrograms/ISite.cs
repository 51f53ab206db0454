using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.Simulation;

namespace Forge.Crm.Tests.EndToEnd.RandomPrograms;

/// <summary>One of a tenant's three systems, as the people see it who work there. What is gone by now is passed over, as a page that was open too long.</summary>
internal interface ISite
{
    /// <summary>Ids of live records, in the order in which they came.</summary>
    Task<IReadOnlyList<string>> LiveAsync(RecordKind kind);

    /// <summary>Those that somebody deleted and can bring back.</summary>
    Task<IReadOnlyList<string>> DeletedAsync(RecordKind kind);

    /// <param name="number">The same number on two systems is the same e-mail address.</param>
    Task CreateAsync(RecordKind kind, int number);

    Task EditAsync(string id, LiveField field, string value);

    Task DeleteAsync(RecordKind kind, string id);

    Task RestoreAsync(RecordKind kind, string id);

    Task MergeAsync(RecordKind kind, string survivor, string loser);

    Task AssociateAsync(string contact, string company, bool isAdded);
}

/// <summary>A platform, as those see it who hold promises against it.</summary>
internal interface IPlatformSite : ISite
{
    Platform Platform { get; }

    string? Value(LiveField field, string id);

    /// <summary>The companies that a contact shows.</summary>
    IReadOnlyList<string> CompaniesOf(string contact);

    /// <summary>Our own id on a record.</summary>
    string? SyncIdOf(RecordKind kind, string id);
}
