using System.Diagnostics.Metrics;
using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Forge.Crm.Tests.ServiceBus;

public sealed class DeadLetterTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly List<ServiceBusMessage> _sent = [];
    private readonly Dictionary<string, Mock<ServiceBusSender>> _senders = [];
    private readonly DeadLetterHandler _handler;

    public DeadLetterTests()
    {
        var client = new Mock<ServiceBusClient>();
        client.Setup(c => c.CreateSender(It.IsAny<string>())).Returns((string queue) => Sender(queue).Object);
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        _handler = new(
            new(client.Object, NullLogger<Rings>.Instance), new CrmMetrics(meters), new FakeTimeProvider(Noon), NullLogger<DeadLetterHandler>.Instance);
    }

    [Fact]
    public async Task A_lane_that_was_given_up_is_rung_for_again_a_minute_later()
    {
        const string body = """{"tenant":"01900000-0000-7000-8000-000000000001","platform":"hubspot","lane":3,"events":[1,2]}""";
        await _handler.RingLaneAgainAsync(Message(body), CancellationToken.None);

        var ring = _sent.ShouldHaveSingleItem();
        ring.SessionId.ShouldBe("01900000-0000-7000-8000-000000000001:hubspot:3");
        ring.ScheduledEnqueueTime.ShouldBe(Noon.AddMinutes(1));
        ring.MessageId.ShouldNotBe("the dead one's");
    }

    [Fact]
    public async Task A_lane_of_pushes_that_was_given_up_is_rung_for_again_as_one_of_pushes()
    {
        const string body = """{"tenant":"01900000-0000-7000-8000-000000000001","platform":"pipedrive","lane":3,"events":[]}""";
        await _handler.RingPushesAgainAsync(Message(body), CancellationToken.None);

        (_sent.ShouldHaveSingleItem().Body.ToString(), _sent[0].ScheduledEnqueueTime).ShouldBe((body, Noon.AddMinutes(1)));
        _senders[Queues.Pushes].Verify(s => s.SendMessageAsync(_sent[0], CancellationToken.None), Times.Once);
    }

    [Fact]
    public async Task A_step_that_was_given_up_is_rung_for_again_too()
    {
        const string body = """{"tenant":"01900000-0000-7000-8000-000000000001","platform":"hubspot","job":"01900000-0000-7000-8000-000000000002","step":7}""";
        await _handler.RingStepAgainAsync(Message(body), CancellationToken.None);
        _sent.ShouldHaveSingleItem().Body.ToString().ShouldBe(body);
        _sent[0].ScheduledEnqueueTime.ShouldBe(Noon.AddMinutes(1));
    }

    [Fact]
    public async Task What_is_no_message_of_ours_is_dropped()
    {
        await _handler.RingLaneAgainAsync(Message("?"), CancellationToken.None);
        await _handler.RingStepAgainAsync(Message("{}"), CancellationToken.None);
        _sent.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_dead_letter_stays_where_it_is_as_long_as_no_ring_can_be_sent()
    {
        _senders[Queues.Changes].Setup(s => s.SendMessageAsync(It.IsAny<ServiceBusMessage>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new ServiceBusException("down", ServiceBusFailureReason.ServiceBusy));
        const string body = """{"tenant":"01900000-0000-7000-8000-000000000001","platform":"hubspot","lane":3,"events":[]}""";
        await Should.ThrowAsync<InvalidOperationException>(() => _handler.RingLaneAgainAsync(Message(body), CancellationToken.None));
    }

    private Mock<ServiceBusSender> Sender(string queue)
    {
        _senders[queue] = new();
        _senders[queue].Setup(s => s.SendMessageAsync(It.IsAny<ServiceBusMessage>(), It.IsAny<CancellationToken>()))
            .Callback((ServiceBusMessage message, CancellationToken _) => _sent.Add(message)).Returns(Task.CompletedTask);
        return _senders[queue];
    }

    private static ServiceBusReceivedMessage Message(string body) =>
        ServiceBusModelFactory.ServiceBusReceivedMessage(new BinaryData(body), messageId: "the dead one's", sessionId: "x");
}
