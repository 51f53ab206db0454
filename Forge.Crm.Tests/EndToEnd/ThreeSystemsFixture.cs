namespace Forge.Crm.Tests.EndToEnd;

/// <summary>What there was after the first loads.</summary>
public sealed record FirstLoads(int Persons, int Organizations, int Deals, int HubSpotWrites, int PipedriveWrites);

/// <summary>Three systems that are joined once for all tests of a class.</summary>
public sealed class ThreeSystemsFixture : IAsyncLifetime
{
    public const int Contacts = 16;

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
            Systems.HubSpotWrites, Systems.PipedriveWrites);
    }

    public async Task DisposeAsync() => await Systems.DisposeAsync();
}
