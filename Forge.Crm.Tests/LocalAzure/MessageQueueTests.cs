using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class MessageQueueTests(BusFixture bus) : IClassFixture<BusFixture>
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task A_message_arrives_as_it_was_sent()
    {
        var queue = await bus.QueueAsync();
        var id = Guid.NewGuid();
        var sent = new ServiceBusMessage(BinaryData.FromBytes(new byte[] { 0, 255, 7 }))
        {
            MessageId = "m-1",
            Subject = "changed",
            ContentType = "application/json",
            CorrelationId = "c-1",
            SessionId = "s-1",
            TimeToLive = TimeSpan.FromDays(2),
            ApplicationProperties =
            {
                ["text"] = "a \0 b \ud83d\ude00", ["count"] = 3, ["long"] = 4L, ["yes"] = true, ["part"] = 0.1, ["money"] = 1.10m, ["id"] = id,
                ["at"] = DateTimeOffset.UnixEpoch, ["span"] = TimeSpan.FromSeconds(90), ["mark"] = 'x', ["where"] = new Uri("https://example.com/a?b=c"),
            },
        };

        await bus.Client.CreateSender(queue.Name).SendMessageAsync(sent);
        var received = (await queue.ReceiveAsync(1, Ct)).ShouldHaveSingleItem();

        received.Body.ToArray().ShouldBe(sent.Body.ToArray());
        (received.MessageId, received.Subject, received.ContentType, received.CorrelationId, received.SessionId)
            .ShouldBe(("m-1", "changed", "application/json", "c-1", "s-1"));
        received.TimeToLive.ShouldBe(TimeSpan.FromDays(2));
        received.ExpiresAt.ShouldBe(received.EnqueuedTime + TimeSpan.FromDays(2));
        received.ApplicationProperties.ShouldBe(sent.ApplicationProperties, ignoreOrder: true);
        received.DeliveryCount.ShouldBe(1);
        received.LockedUntil.ShouldBeGreaterThan(received.EnqueuedTime);
        received.DeadLetterReason.ShouldBeNull();
    }

    [Fact]
    public async Task Messages_of_one_send_come_in_its_order_and_each_once()
    {
        var queue = await bus.QueueAsync();
        await bus.Client.CreateSender(queue.Name).SendMessagesAsync(Enumerable.Range(0, 50).Select(i => new ServiceBusMessage($"{i}")));

        var first = await queue.ReceiveAsync(20, Ct);
        var rest = await queue.ReceiveAsync(100, Ct);

        first.Concat(rest).Select(message => message.Body.ToString()).ShouldBe(Enumerable.Range(0, 50).Select(i => $"{i}"));
        (await queue.ReceiveAsync(1, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_receivers_never_hold_one_message()
    {
        var queue = await bus.QueueAsync();
        await bus.Client.CreateSender(queue.Name).SendMessagesAsync(Enumerable.Range(0, 200).Select(i => new ServiceBusMessage($"{i}")));

        var batches = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => queue.ReceiveAsync(40, Ct)));

        batches.SelectMany(batch => batch).Select(message => message.SequenceNumber).Distinct().Count().ShouldBe(200);
    }

    [Fact]
    public async Task A_completed_message_is_gone()
    {
        var queue = await bus.QueueAsync();
        await bus.SendAsync(queue, "once");
        await queue.Settlement.CompleteAsync((await queue.ReceiveAsync(1, Ct))[0], Ct);

        await bus.ExpireLocksAsync();

        (await queue.ReceiveAsync(1, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_message_whose_lock_expired_is_delivered_again_and_counted()
    {
        var queue = await bus.QueueAsync(lockDuration: TimeSpan.FromSeconds(1));
        await bus.SendAsync(queue, "again");
        (await queue.ReceiveAsync(1, Ct)).Count.ShouldBe(1);
        (await queue.ReceiveAsync(1, Ct)).ShouldBeEmpty();

        List<ServiceBusReceivedMessage> again = [];
        await BusFixture.UntilAsync(async () => (again = await queue.ReceiveAsync(1, Ct)).Count > 0, "redelivery");

        again[0].DeliveryCount.ShouldBe(2);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_settle_without_the_lock_fails_and_changes_nothing(bool isStolen)
    {
        var queue = await bus.QueueAsync();
        await bus.SendAsync(queue, "fenced");
        var held = (await queue.ReceiveAsync(1, Ct))[0];
        await bus.ExpireLocksAsync();
        if (isStolen)
            (await queue.ReceiveAsync(1, Ct)).Count.ShouldBe(1);

        foreach (var settle in Settles(queue, held))
            (await Should.ThrowAsync<ServiceBusException>(settle)).Reason.ShouldBe(ServiceBusFailureReason.MessageLockLost);

        await bus.ExpireLocksAsync();
        (await queue.ReceiveAsync(1, Ct))[0].DeliveryCount.ShouldBe(isStolen ? 3 : 2);
    }

    [Fact]
    public async Task A_renewed_lock_holds()
    {
        var queue = await bus.QueueAsync();
        await bus.SendAsync(queue, "long");
        var held = (await queue.ReceiveAsync(1, Ct))[0];

        (await queue.Settlement.RenewAsync(held, Ct)).ShouldBeGreaterThan(held.LockedUntil);

        await queue.Settlement.CompleteAsync(held, Ct);
    }

    [Fact]
    public async Task An_abandoned_message_comes_at_once_with_the_changed_properties()
    {
        var queue = await bus.QueueAsync();
        await bus.SendAsync(queue, "again");
        var held = (await queue.ReceiveAsync(1, Ct))[0];

        await queue.Settlement.AbandonAsync(held, new Dictionary<string, object> { ["attempt"] = 2 }, Ct);

        var again = (await queue.ReceiveAsync(1, Ct))[0];
        again.DeliveryCount.ShouldBe(2);
        again.ApplicationProperties["attempt"].ShouldBe(2);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task After_the_last_delivery_a_message_goes_to_the_dead_letters(bool isAbandoned)
    {
        var queue = await bus.QueueAsync(maxDeliveryCount: 3);
        await bus.SendAsync(queue, "poison");
        for (var delivery = 1; delivery <= 3; delivery++)
        {
            var held = (await queue.ReceiveAsync(1, Ct))[0];
            held.DeliveryCount.ShouldBe(delivery);
            if (isAbandoned)
                await queue.Settlement.AbandonAsync(held, null, Ct);
            else
                await bus.ExpireLocksAsync();
        }

        (await queue.ReceiveAsync(1, Ct)).ShouldBeEmpty();
        var dead = (await (await bus.DeadLettersOfAsync(queue)).ReceiveAsync(1, Ct)).ShouldHaveSingleItem();
        dead.DeadLetterReason.ShouldBe("MaxDeliveryCountExceeded");
        dead.Body.ToString().ShouldBe("poison");
    }

    [Fact]
    public async Task A_message_is_dead_lettered_with_reason_and_description()
    {
        var queue = await bus.QueueAsync();
        await bus.SendAsync(queue, "bad");

        await queue.Settlement.DeadLetterAsync((await queue.ReceiveAsync(1, Ct))[0], null, "Unreadable", "no event ids", Ct);

        var letters = await bus.DeadLettersOfAsync(queue);
        var dead = (await letters.ReceiveAsync(1, Ct)).ShouldHaveSingleItem();
        (dead.DeadLetterReason, dead.DeadLetterErrorDescription).ShouldBe(("Unreadable", "no event ids"));
        await letters.Settlement.CompleteAsync(dead, Ct);
        new ServiceBusMessage(dead).ApplicationProperties.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_scheduled_message_comes_at_its_time_behind_what_is_there()
    {
        var queue = await bus.QueueAsync();
        var sender = bus.Client.CreateSender(queue.Name);
        await sender.ScheduleMessageAsync(new ServiceBusMessage("later"), DateTimeOffset.MaxValue.AddYears(-7000));
        await bus.SendAsync(queue, "now");

        (await queue.ReceiveAsync(5, Ct)).Select(message => message.Body.ToString()).ShouldBe(["now"]);
        (await queue.NextDueAsync(Ct)).ShouldNotBeNull();

        await bus.ExecuteAsync("update local_bus.scheduled set due_at = clock_timestamp()");
        (await queue.ReceiveAsync(5, Ct)).Select(message => message.Body.ToString()).ShouldBe(["later"]);
    }

    [Fact]
    public async Task A_send_above_256_KB_is_refused_whole()
    {
        var queue = await bus.QueueAsync();
        var sender = bus.Client.CreateSender(queue.Name);
        var large = new ServiceBusMessage(new byte[255 * 1024]);
        large.ApplicationProperties["note"] = new string('x', 1024);

        foreach (var send in (Func<Task>[])
        [
            () => sender.SendMessageAsync(large),
            () => sender.SendMessagesAsync([new ServiceBusMessage(new byte[150_000]), new ServiceBusMessage(new byte[150_000])]),
        ])
            (await Should.ThrowAsync<ServiceBusException>(send)).Reason.ShouldBe(ServiceBusFailureReason.MessageSizeExceeded);

        (await queue.ReceiveAsync(1, Ct)).ShouldBeEmpty();
        using var batch = await sender.CreateMessageBatchAsync();
        batch.TryAddMessage(new ServiceBusMessage(new byte[150_000])).ShouldBeTrue();
        batch.TryAddMessage(new ServiceBusMessage(new byte[150_000])).ShouldBeFalse();
        await sender.SendMessagesAsync(batch);
        (await queue.ReceiveAsync(5, Ct)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_is_not_delivered_after_its_time_to_live()
    {
        var queue = await bus.QueueAsync(timeToLive: TimeSpan.FromHours(1));
        var sender = bus.Client.CreateSender(queue.Name);
        await sender.SendMessageAsync(new ServiceBusMessage("short") { TimeToLive = TimeSpan.FromMinutes(1) });
        await sender.SendMessageAsync(new ServiceBusMessage("as long as the queue lets it") { TimeToLive = TimeSpan.FromDays(9) });
        (await queue.ReceiveAsync(2, Ct)).Select(message => message.TimeToLive).ShouldBe([TimeSpan.FromMinutes(1), TimeSpan.FromHours(1)]);
        await bus.ExpireLocksAsync();

        await bus.ExecuteAsync("update local_bus.messages set expires_at = expires_at - interval '2 minutes' where expires_at is not null");

        (await queue.ReceiveAsync(2, Ct)).Select(message => message.Body.ToString()).ShouldBe(["as long as the queue lets it"]);
        (await (await bus.DeadLettersOfAsync(queue)).ReceiveAsync(1, Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_send_to_no_queue_says_so()
    {
        await bus.QueueAsync();
        var error = await Should.ThrowAsync<ServiceBusException>(() => bus.Client.CreateSender("nobody").SendMessageAsync(new ServiceBusMessage("x")));
        (error.Reason, error.IsTransient, error.EntityPath).ShouldBe((ServiceBusFailureReason.MessagingEntityNotFound, false, "nobody"));
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_transient_error_without_the_connection_string()
    {
        await using var client = new ServiceBusClient("Host=/nowhere;Username=u;Password=secret-word");
        var error = await Should.ThrowAsync<ServiceBusException>(() => client.CreateSender("q").SendMessageAsync(new ServiceBusMessage("x")));
        (error.Reason, error.IsTransient).ShouldBe((ServiceBusFailureReason.ServiceCommunicationProblem, true));
        error.ToString().ShouldNotContain("secret-word");
    }

    private static Func<Task>[] Settles(BusQueue queue, ServiceBusReceivedMessage held) =>
    [
        () => queue.Settlement.CompleteAsync(held, Ct),
        () => queue.Settlement.AbandonAsync(held, null, Ct),
        () => queue.Settlement.DeadLetterAsync(held, null, "r", "d", Ct),
        () => queue.Settlement.RenewAsync(held, Ct),
    ];
}
