using System.Globalization;
using System.Net;
using Forge.Crm.Adapters.HubSpot;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using HubSpotAccount = Forge.Crm.LocalHost.HubSpot.HubSpotAccount;
using HubSpotObjects = Forge.Crm.Adapters.HubSpot.HubSpotObjects;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>The adapter, over a simulator of its own that takes writes.</summary>
internal sealed class HubSpotBed : WriterBed
{
    public HubSpotSimulator Simulator { get; private set; } = null!;

    public HubSpotAccount There { get; private set; } = null!;

    public override string Token => "pat-eu1-secret";

    public override string Secret => $$"""{"accessToken":"{{Token}}"}""";

    public override string ContactsPath => "crm/v3/objects/contacts";

    public override string UnknownId => "999999999";

    public override (string Property, string Value, string Named) Refused => ("lifecyclestage", "nonsense-value", "VALIDATION_ERROR INVALID_OPTION lifecyclestage");

    public override string AddContact(string email, string firstName, string phone) =>
        There.Create("contacts", new Dictionary<string, string> { ["email"] = email, ["firstname"] = firstName, ["phone"] = phone });

    public override int Count(RemoteKind kind) => There.Count(HubSpotObjects.NameOf(kind));

    public override int Requests(Func<string, bool> isOfPath) => Simulator.Ledger.Count(request => isOfPath(request.Path));

    public override void StopIndexing() => Simulator.Faults.SearchIndexLag = TimeSpan.FromHours(1);

    public override void LoseNextCreation(RemoteKind kind) =>
        Simulator.Faults.FailNext($"/crm/v3/objects/{HubSpotObjects.NameOf(kind)}/batch/create", new() { DropConnection = true, AfterWork = true });

    public override void AnswerNextUpdate(RemoteKind kind, HttpStatusCode status, string body, string contentType, int? retryAfter = null, bool afterWork = false) =>
        Simulator.Faults.FailNext($"/crm/v3/objects/{HubSpotObjects.NameOf(kind)}/batch/update", new()
        {
            Status = (int)status,
            Body = body,
            ContentType = contentType,
            AfterWork = afterWork,
            Headers = retryAfter is { } seconds ? new() { ["Retry-After"] = seconds.ToString(CultureInfo.InvariantCulture) } : [],
        });

    protected override async Task<IServiceCollection> SetUpAsync(IServiceCollection services)
    {
        Simulator = await HubSpotSimulator.StartAsync(new(), CancellationToken.None);
        There = Simulator.AddAccount(62515, Token);
        There.Owners.Add(new("11349275740", "mia@vendor.example", "Mia", "Mägi", 7));
        return services.AddHubSpot(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["HubSpot:BaseAddress"] = Simulator.BaseAddress.ToString(),
            ["HubSpot:CallsPerTenSeconds"] = "1000",
            ["HubSpot:SearchesPerSecond"] = "50",
        }).Build());
    }

    protected override ValueTask StopAsync() => Simulator.DisposeAsync();
}
