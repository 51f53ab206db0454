using System.Diagnostics.Metrics;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Forge.Crm.Domain.Apps;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Forge.Crm.Tests.Apps;

/// <summary>No personal data stays among the dead letters, and nothing is lost while the database is away.</summary>
public sealed class AppDeadLetterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, ServiceBusMessage> _sent = [];
    private readonly AppDeadLetterHandler _handler;

    public AppDeadLetterTests()
    {
        var client = new Mock<ServiceBusClient>();
        client.Setup(c => c.CreateSender(It.IsAny<string>())).Returns((string queue) =>
        {
            var sender = new Mock<ServiceBusSender>();
            sender.Setup(s => s.SendMessageAsync(It.IsAny<ServiceBusMessage>(), It.IsAny<CancellationToken>()))
                .Callback((ServiceBusMessage message, CancellationToken _) => _sent[queue] = message).Returns(Task.CompletedTask);
            return sender.Object;
        });
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _handler = new(client.Object, new CrmMetrics(meters), new FakeTimeProvider(Noon), NullLogger<AppDeadLetterHandler>.Instance);
    }

    [Theory]
    [InlineData(PlatformApp.Bidflow, Queues.BidflowEvents)]
    [InlineData(PlatformApp.Folio, Queues.FolioEvents)]
    [InlineData(PlatformApp.Hephaitos, Queues.HephaitosEvents)]
    public async Task What_could_not_be_journaled_is_put_back_into_its_queue_for_what_is_left_of_its_day(PlatformApp app, string queue)
    {
        await _handler.HandleAsync(app, Message("MaxDeliveryCountExceeded", Noon.AddHours(-20)), CancellationToken.None);

        var (name, again) = _sent.ShouldHaveSingleItem();
        name.ShouldBe(queue);
        (again.Body.ToString(), again.ScheduledEnqueueTime, again.TimeToLive).ShouldBe(("body", Noon.AddMinutes(1), TimeSpan.FromHours(4) - TimeSpan.FromMinutes(1)));
        again.MessageId.ShouldNotBe("the dead one's");
    }

    [Theory]
    [InlineData("MaxDeliveryCountExceeded", -24)]
    [InlineData("tenant_not_allowed", 0)]
    [InlineData("unreadable", 0)]
    [InlineData(null, 0)]
    public async Task What_was_refused_or_whose_day_is_over_is_gone(string? reason, int hours)
    {
        await _handler.HandleAsync(PlatformApp.Folio, Message(reason, Noon.AddHours(hours)), CancellationToken.None);
        _sent.ShouldBeEmpty();
    }

    private static ServiceBusReceivedMessage Message(string? reason, DateTimeOffset enqueued) => ServiceBusModelFactory.ServiceBusReceivedMessage(
        new BinaryData("body"), messageId: "the dead one's", enqueuedTime: enqueued, timeToLive: TimeSpan.FromDays(7),
        properties: reason is null ? null : new Dictionary<string, object> { ["DeadLetterReason"] = reason });
}
