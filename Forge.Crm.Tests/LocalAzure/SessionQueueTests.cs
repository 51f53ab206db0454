using Azure.Messaging.ServiceBus;
using Forge.Crm.LocalAzure.Bus;

namespace Forge.Crm.Tests.LocalAzure;

public sealed class SessionQueueTests(BusFixture bus) : IClassFixture<BusFixture>
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Fact]
    public async Task A_message_without_a_session_is_refused()
    {
        var queue = await bus.QueueAsync(sessions: true);
        await Should.ThrowAsync<InvalidOperationException>(() => bus.SendAsync(queue, "stray"));
        await Should.ThrowAsync<InvalidOperationException>(() => bus.Client.CreateSender(queue.Name).SendMessagesAsync(
            [new ServiceBusMessage("with") { SessionId = "s" }, new ServiceBusMessage("without")]));
        (await AcceptAsync(queue)).ShouldBeNull();
    }

    [Fact]
    public async Task A_session_gives_its_messages_in_order()
    {
        var queue = await bus.QueueAsync(sessions: true);
        for (var i = 0; i < 20; i++)
            await bus.SendAsync(queue, $"{i}", "s");

        (await DrainAsync(queue)).ShouldBe(Enumerable.Range(0, 20).Select(i => $"s {i}"));
    }

    [Fact]
    public async Task A_held_session_is_nobody_elses()
    {
        var queue = await bus.QueueAsync(sessions: true);
        await bus.SendAsync(queue, "1", "a");
        await bus.SendAsync(queue, "2", "a");
        await bus.SendAsync(queue, "3", "b");

        var first = await AcceptAsync(queue);
        var second = await AcceptAsync(queue);

        first.ShouldNotBeNull().SessionId.ShouldBe("a");
        second.ShouldNotBeNull().SessionId.ShouldBe("b");
        (await AcceptAsync(queue)).ShouldBeNull();
    }

    [Fact]
    public async Task Sessions_have_their_turn()
    {
        var queue = await bus.QueueAsync(sessions: true);
        foreach (var session in (string[])["a", "b", "c"])
            await bus.SendAsync(queue, "x", session);

        (await AcceptAsync(queue, "a")).ShouldNotBeNull().SessionId.ShouldBe("b");
        (await AcceptAsync(queue, "b")).ShouldNotBeNull().SessionId.ShouldBe("c");
        (await AcceptAsync(queue, "c")).ShouldNotBeNull().SessionId.ShouldBe("a");
    }

    [Fact]
    public async Task An_empty_session_is_released_when_asked_and_can_be_taken_again()
    {
        var queue = await bus.QueueAsync(sessions: true);
        await bus.SendAsync(queue, "1", "a");
        var held = (await AcceptAsync(queue)).ShouldNotBeNull();
        await queue.Settlement.CompleteAsync(held, Ct);

        (await queue.ReceiveInSessionAsync(held.Delivery.Session!, null, releaseIfEmpty: true, Ct)).ShouldBeNull();
        await bus.SendAsync(queue, "2", "a");

        (await AcceptAsync(queue)).ShouldNotBeNull().Body.ToString().ShouldBe("2");
    }

    [Fact]
    public async Task A_holder_gets_no_message_twice_and_an_abandoned_one_first()
    {
        var queue = await bus.QueueAsync(sessions: true);
        await bus.SendAsync(queue, "1", "a");
        await bus.SendAsync(queue, "2", "a");
        var first = (await AcceptAsync(queue)).ShouldNotBeNull();
        var hold = first.Delivery.Session!;
        (await queue.ReceiveInSessionAsync(hold, null, false, Ct)).ShouldNotBeNull().Body.ToString().ShouldBe("2");

        await queue.Settlement.AbandonAsync(first, null, Ct);

        var again = (await queue.ReceiveInSessionAsync(hold, null, false, Ct)).ShouldNotBeNull();
        (again.Body.ToString(), again.DeliveryCount).ShouldBe(("1", 2));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_settle_after_the_session_was_lost_fails_and_the_message_comes_again(bool isStolen)
    {
        var queue = await bus.QueueAsync(sessions: true);
        await bus.SendAsync(queue, "1", "a");
        await bus.SendAsync(queue, "2", "a");
        var held = (await AcceptAsync(queue)).ShouldNotBeNull();
        await bus.ExpireLocksAsync();
        var thief = isStolen ? await AcceptAsync(queue) : null;

        foreach (var use in (Func<Task>[])
        [
            () => queue.Settlement.CompleteAsync(held, Ct),
            () => queue.Settlement.AbandonAsync(held, null, Ct),
            () => queue.Settlement.RenewAsync(held, Ct),
            () => queue.ReceiveInSessionAsync(held.Delivery.Session!, null, true, Ct),
            () => queue.ReceiveInSessionAsync(held.Delivery.Session!, held.Delivery, true, Ct),
        ])
            (await Should.ThrowAsync<ServiceBusException>(use)).Reason.ShouldBe(ServiceBusFailureReason.SessionLockLost);

        thief ??= await AcceptAsync(queue);
        thief.ShouldNotBeNull().Body.ToString().ShouldBe("1");
        thief.DeliveryCount.ShouldBe(2);
        await queue.Settlement.CompleteAsync(thief, Ct);
    }

    [Fact]
    public async Task A_poisoned_head_goes_to_the_dead_letters_and_the_session_goes_on()
    {
        var queue = await bus.QueueAsync(sessions: true, maxDeliveryCount: 2);
        await bus.SendAsync(queue, "poison", "a");
        await bus.SendAsync(queue, "good", "a");
        for (var i = 0; i < 2; i++)
        {
            (await AcceptAsync(queue)).ShouldNotBeNull().Body.ToString().ShouldBe("poison");
            await bus.ExpireLocksAsync();
        }

        (await AcceptAsync(queue)).ShouldNotBeNull().Body.ToString().ShouldBe("good");
        var dead = (await (await bus.DeadLettersOfAsync(queue)).ReceiveAsync(1, Ct)).ShouldHaveSingleItem();
        (dead.Body.ToString(), dead.SessionId).ShouldBe(("poison", "a"));
    }

    [Fact]
    public async Task Rivals_on_many_sessions_keep_each_sessions_order_and_lose_nothing()
    {
        var queue = await bus.QueueAsync(sessions: true);
        var sender = bus.Client.CreateSender(queue.Name);
        var sent = Enumerable.Range(0, 20).SelectMany(session => Enumerable.Range(0, 15).Select(i => $"s{session:00} {i:00}")).ToList();
        foreach (var chunk in sent.OrderBy(text => text[4..]).Chunk(50))
            await sender.SendMessagesAsync(chunk.Select(text => new ServiceBusMessage(text[4..]) { SessionId = text[..3] }));

        var received = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => DrainAsync(queue)));

        received.Sum(list => list.Count).ShouldBe(sent.Count);
        foreach (var list in received)
            foreach (var session in list.GroupBy(text => text[..3]))
                session.ShouldBe(session.Order());
    }

    private static async Task<List<string>> DrainAsync(BusQueue queue)
    {
        var received = new List<string>();
        while (await AcceptAsync(queue) is { } first)
        {
            var done = first.Delivery;
            for (var message = first; message is not null; message = await queue.ReceiveInSessionAsync(first.Delivery.Session!, done, true, Ct))
            {
                received.Add($"{message.SessionId} {message.Body}");
                done = message.Delivery;
            }
        }
        return received;
    }

    private static async Task<ServiceBusReceivedMessage?> AcceptAsync(BusQueue queue, string after = "") =>
        (await queue.AcceptSessionsAsync(after, 1, Ct)).SingleOrDefault();
}
