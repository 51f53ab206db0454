using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.Postgres;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Domain.Apps;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.HubSpot;
using Forge.Crm.Tests.Apps;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Timers;

namespace Forge.Crm.Tests.Leads;

/// <summary>The whole way of an inquiry: the app's queue, the rule, the push of the contact, the timer.</summary>
public sealed class LeadQueueTests
{
    [Fact]
    public async Task An_inquiry_in_the_apps_queue_becomes_contact_lead_and_deal_at_HubSpot()
    {
        await using var hub = await HubDatabase.CreateAsync();
        await using var simulator = await HubSpotSimulator.StartAsync(new(), CancellationToken.None);
        var there = simulator.AddAccount(62515, LeadBed.Token);
        var tenant = new TenantId(Guid.CreateVersion7());
        await Tenants.EnsureAsync(hub.AppConnectionString, new(tenant, "가게", "Asia/Seoul", "EUR", "KR") { Apps = [PlatformApp.Bidflow] }, CancellationToken.None);
        await hub.AddConfigAsync(tenant, "hubspot", "two_way");
        await hub.ReconciledAsync();
        using var host = await AppQueueTests.StartAsync(hub, await LeadBed.SecretsAsync(), $"--HubSpot:BaseAddress={simulator.BaseAddress}", "--HubSpot:CallsPerTenSeconds=1000");
        await using var client = new ServiceBusClient(hub.ConnectionString);
        await using var sender = client.CreateSender(Queues.BidflowEvents);
        var inquiry = AppMessages.Inquiry(tenant);
        for (var i = 0; i < 3; i++)
            await sender.SendMessageAsync(new(inquiry.Bytes()));

        await Wait.UntilAsync(async () => (await hub.RowsAsync("select status from crm_hubspot_leads")).SequenceEqual(["made"]), "the lead was not made");
        var contact = there.Records("contacts").ShouldHaveSingleItem();
        (contact["email"], contact["lifecyclestage"]).ShouldBe(("minsu.kim@haneul.example", "lead"));
        var lead = there.Records("leads").ShouldHaveSingleItem();
        lead["hs_lead_name"].ShouldBe("스마트 교실 구축");
        there.AssociatedIds("leads", lead.Id, "contacts").ShouldBe([contact.Id]);
        (await hub.RowsAsync("select count(*) from crm_deals")).ShouldBe(["1"]);
        await host.StopAsync();
    }
}
