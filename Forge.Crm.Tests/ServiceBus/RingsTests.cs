using Azure.Messaging.ServiceBus;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Adapters.Sync;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;

namespace Forge.Crm.Tests.ServiceBus;

public sealed class RingsTests
{
    private static readonly Lane Lane = new(new(Guid.CreateVersion7()), Platform.HubSpot, 0);

    private readonly List<IReadOnlyList<ServiceBusMessage>> _sends = [];
    private readonly Mock<ServiceBusClient> _client = new();
    private TaskCompletionSource _gate = new();

    public RingsTests()
    {
        _gate.SetResult();
        var sender = new Mock<ServiceBusSender>();
        sender.Setup(s => s.SendMessagesAsync(It.IsAny<IEnumerable<ServiceBusMessage>>(), It.IsAny<CancellationToken>()))
            .Returns((IEnumerable<ServiceBusMessage> messages, CancellationToken _) => SendAsync([.. messages]));
        sender.Setup(s => s.SendMessageAsync(It.IsAny<ServiceBusMessage>(), It.IsAny<CancellationToken>()))
            .Returns((ServiceBusMessage message, CancellationToken _) => SendAsync([message]));
        _client.Setup(client => client.CreateSender(It.IsAny<string>())).Returns(sender.Object);
    }

    [Fact]
    public async Task A_ring_names_the_lane_and_the_events_and_nothing_else()
    {
        (await Rings().RingAsync(Lane, [3, 5], CancellationToken.None)).ShouldBeTrue();

        var message = _sends.ShouldHaveSingleItem().ShouldHaveSingleItem();
        message.SessionId.ShouldBe(Lane.SessionId);
        message.Body.ToString().ShouldBe($$"""{"tenant":"{{Lane.Tenant}}","platform":"hubspot","lane":0,"events":[3,5]}""");
    }

    [Fact]
    public async Task Rings_of_deliveries_that_come_while_one_is_being_sent_share_the_next_message()
    {
        var rings = Rings();
        _gate = new();
        var first = rings.RingAsync(Lane, [0], CancellationToken.None);
        var others = Enumerable.Range(1, 1_000).Select(id => rings.RingAsync(Lane, [id], CancellationToken.None)).ToList();
        _gate.SetResult();

        (await Task.WhenAll([first, .. others])).ShouldAllBe(isSent => isSent);
        _sends.Count.ShouldBe(2);
        BusMessages.Read<LaneRing>(_sends[1].ShouldHaveSingleItem().Body).Events.ShouldBe(Enumerable.Range(1, 150).Select(id => (long)id), ignoreOrder: true);
    }

    [Fact]
    public async Task Lanes_that_are_rung_together_travel_together_and_each_gets_its_own_message()
    {
        var rings = Rings();
        _gate = new();
        var lanes = Enumerable.Range(0, 70).Select(number => Lane with { Number = number }).ToList();
        var sent = lanes.Prepend(Lane).Select(lane => rings.RingAsync(lane, [lane.Number], CancellationToken.None)).ToList();
        _gate.SetResult();
        await Task.WhenAll(sent);

        _sends.Skip(1).SelectMany(messages => messages).Select(message => message.SessionId).ShouldBe(lanes.Select(lane => lane.SessionId), ignoreOrder: true);
        _sends.ShouldAllBe(messages => messages.Sum(message => message.Body.ToMemory().Length) < 256 * 1024 / 2);
        _sends.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Every_message_has_an_id_of_its_own_and_stays_under_4_KB()
    {
        var rings = Rings();
        for (var i = 0; i < 3; i++)
            await rings.RingAsync(Lane, [.. Enumerable.Range(0, 500).Select(id => long.MaxValue - id)], CancellationToken.None);
        await rings.RingLaterAsync(Lane, DateTimeOffset.MaxValue, CancellationToken.None);

        var messages = _sends.SelectMany(sent => sent).ToList();
        messages.Select(message => message.MessageId).Distinct().Count().ShouldBe(4);
        messages.ShouldAllBe(message => message.Body.ToMemory().Length < 4096);
        messages[^1].ScheduledEnqueueTime.ShouldBe(DateTimeOffset.MaxValue);
    }

    [Fact]
    public async Task A_bus_that_fails_is_said_and_not_thrown_and_the_next_ring_is_sent()
    {
        var rings = Rings();
        _gate = new();
        var lost = Enumerable.Range(0, 3).Select(id => rings.RingAsync(Lane, [id], CancellationToken.None)).ToList();
        _gate.SetException(new ServiceBusException("down", ServiceBusFailureReason.ServiceCommunicationProblem));
        (await Task.WhenAll(lost)).ShouldBe([false, false, false]);
        (await rings.StepAsync(Lane.Tenant, Lane.Platform, Guid.NewGuid(), 1, CancellationToken.None)).ShouldBeFalse();
        (await rings.RingLaterAsync(Lane, default, CancellationToken.None)).ShouldBeFalse();

        _gate = new();
        _gate.SetResult();
        (await rings.RingAsync(Lane, [9], CancellationToken.None)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_step_goes_into_the_session_of_its_tenants_syncs()
    {
        var job = Guid.CreateVersion7();
        (await Rings().StepAsync(Lane.Tenant, Platform.HubSpot, job, 17, CancellationToken.None)).ShouldBeTrue();

        var message = _sends.Single().Single();
        message.SessionId.ShouldBe($"{Lane.Tenant}:hubspot:sync");
        BusMessages.Read<StepRing>(message.Body).ShouldBe(new StepRing(Lane.Tenant.Value, "hubspot", job, 17));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"tenant":"x","platform":"hubspot","lane":0,"events":[]}""")]
    [InlineData("""{"tenant":"01900000-0000-7000-8000-000000000001","platform":null,"lane":0,"events":[]}""")]
    public void A_message_that_is_not_ours_is_refused_without_its_content(string body) =>
        Should.Throw<FormatException>(() => BusMessages.Read<LaneRing>(new(body))).Message.ShouldBe("The message is no LaneRing.");

    private Rings Rings() => new(_client.Object, NullLogger<Rings>.Instance);

    private async Task SendAsync(IReadOnlyList<ServiceBusMessage> messages)
    {
        _sends.Add(messages);
        await _gate.Task;
    }
}
