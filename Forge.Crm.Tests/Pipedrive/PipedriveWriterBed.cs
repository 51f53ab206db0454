using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Forge.Crm.Adapters.Pipedrive;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Pipedrive;
using Forge.Crm.Tests.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PipedriveAccount = Forge.Crm.LocalHost.Pipedrive.PipedriveAccount;

namespace Forge.Crm.Tests.Pipedrive;

/// <summary>The adapter, over a simulator of its own that takes writes.</summary>
internal sealed class PipedriveWriterBed : WriterBed
{
    public PipedriveSimulator Simulator { get; private set; } = null!;

    public PipedriveAccount There { get; private set; } = null!;

    public override string Token => "api-token-secret";

    public override string Secret => $$"""{"apiToken":"{{Token}}"}""";

    public override string ContactsPath => "persons";

    public override string UnknownId => "999999999";

    public override (string Property, string Value, string Named) Refused => ("owner_id", "987654321", "ERR_SCHEMA_VALIDATION_FAILED owner_id");

    public override string AddContact(string email, string firstName, string phone) => There.Create("persons", new()
    {
        ["first_name"] = firstName,
        ["emails"] = new JsonArray(new JsonObject { ["value"] = email, ["primary"] = true, ["label"] = "home" }),
        ["phones"] = new JsonArray(new JsonObject { ["value"] = phone, ["primary"] = true, ["label"] = "work" }),
    });

    public override int Count(RemoteKind kind) => There.Records(PipedriveObjects.PathOf(kind)).Count;

    public override int Requests(Func<string, bool> isOfPath) => Simulator.Ledger.Entries.Count(request => isOfPath(request.Path));

    public override void StopIndexing() => Simulator.Faults.SearchLag = TimeSpan.FromHours(1);

    public override void LoseNextCreation(RemoteKind kind) =>
        Simulator.Faults.FailNext($"/api/v2/{PipedriveObjects.PathOf(kind)}", new() { Method = "POST", DropConnection = true, AfterWork = true });

    public override void AnswerNextUpdate(RemoteKind kind, HttpStatusCode status, string body, string contentType, int? retryAfter = null, bool afterWork = false) =>
        Simulator.Faults.FailNext($"/api/v2/{PipedriveObjects.PathOf(kind)}", new()
        {
            Method = "PATCH",
            Status = (int)status,
            Body = body,
            ContentType = contentType,
            AfterWork = afterWork,
            Headers = retryAfter is { } seconds ? new() { ["Retry-After"] = seconds.ToString(CultureInfo.InvariantCulture) } : [],
        });

    protected override async Task<IServiceCollection> SetUpAsync(IServiceCollection services)
    {
        Simulator = await PipedriveSimulator.StartAsync(new(), CancellationToken.None);
        There = Simulator.AddAccount(8_000_001, Token);
        return services.AddPipedrive(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Pipedrive:BaseAddress"] = Simulator.BaseAddress.ToString(),
            ["Pipedrive:CallsPerTwoSeconds"] = "1000",
        }).Build());
    }

    protected override ValueTask StopAsync() => Simulator.DisposeAsync();
}
