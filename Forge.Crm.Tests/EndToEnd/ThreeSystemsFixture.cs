namespace Forge.Crm.Tests.EndToEnd;

/// <summary>What there was after the first loads.</summary>
/// <param name="Employed">Contacts of the hub that have a company.</param>
/// <param name="EmployedPersons">The same in Pipedrive.</param>
public sealed record FirstLoads(int Persons, int Organizations, int Deals, int HubSpotWrites, int PipedriveWrites, int Employed, int EmployedPersons);

/// <summary>Three systems that are joined once for all tests that need them; each test works on records of its own.</summary>
public sealed class ThreeSystemsFixture : IAsyncLifetime
{
    /// <summary>Each test takes one: more tests need more.</summary>
    public const int Contacts = 36;

    private IReadOnlyList<string> _emails = [];
    private int _taken;

    internal ThreeSystems Systems { get; private set; } = null!;

    public FirstLoads Start { get; private set; } = null!;

    public string NextContact() => _emails[_taken++];

    public async Task InitializeAsync()
    {
        Systems = await ThreeSystems.StartAsync(Contacts);
        _emails = [.. Systems.HubSpot.Records("contacts").Select(contact => contact["email"]!)];
        Start = new(
            Systems.Pipedrive.Records("persons").Count, Systems.Pipedrive.Records("organizations").Count, Systems.Pipedrive.Records("deals").Count,
            Systems.HubSpotWrites, Systems.PipedriveWrites,
            (int)await Systems.Hub.ScalarAsync<long>("select count(*) from crm_associations where deleted_at is null and from_kind = 'contact'"),
            Systems.Pipedrive.Records("persons").Count(person => person["org_id"] is not null));
    }

    public async Task DisposeAsync() => await Systems.DisposeAsync();
}

[CollectionDefinition(Name)]
public sealed class ThreeSystemsGroup : ICollectionFixture<ThreeSystemsFixture>
{
    public const string Name = "three systems";
}
