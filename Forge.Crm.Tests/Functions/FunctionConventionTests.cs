using System.Reflection;
using Forge.Crm.Adapters.ServiceBus;
using Forge.Crm.Functions.Webhooks;
using Forge.Crm.LocalAzure.Host;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.Tests.Functions;

/// <summary>What the genuine host asks of functions, and would only say after a deployment.</summary>
public sealed class FunctionConventionTests
{
    private static readonly (MethodInfo Method, ParameterInfo Trigger, string Name)[] Functions =
    [
        .. from type in typeof(HubSpotWebhookFunction).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
           let function = method.GetCustomAttribute<FunctionAttribute>()
           where function is not null
           select (method, method.GetParameters()[0], function.Name),
    ];

    [Fact]
    public void A_function_is_a_public_method_of_a_public_type_with_a_name_of_its_own()
    {
        Functions.ShouldAllBe(function => function.Method.IsPublic && function.Method.DeclaringType!.IsPublic && function.Method.DeclaringType.IsSealed);
        Functions.Select(function => function.Name).ShouldBeUnique();
        Functions.Length.ShouldBeGreaterThan(15);
    }

    [Fact]
    public void Timers_have_a_schedule_that_can_be_read()
    {
        var timers = Functions.Select(function => function.Trigger.GetCustomAttribute<TimerTriggerAttribute>()).OfType<TimerTriggerAttribute>().ToList();
        timers.Count.ShouldBe(10);
        foreach (var timer in timers)
        {
            TimerSchedule.Parse(timer.Schedule).ShouldNotBeNull();
            timer.Schedule.Split(' ').Length.ShouldBe(6);
            // On every scale-out it would run again.
            timer.RunOnStartup.ShouldBeFalse();
        }
    }

    [Fact]
    public void Lanes_and_syncs_are_sessions_apps_events_are_not_and_each_queue_has_a_watcher_of_its_dead_letters()
    {
        var queues = Functions.Select(function => function.Trigger.GetCustomAttribute<ServiceBusTriggerAttribute>()).OfType<ServiceBusTriggerAttribute>()
            .ToDictionary(trigger => trigger.QueueName!);
        queues.Keys.Order().ShouldBe(new[]
        {
            Queues.Changes, Queues.Changes + Queues.DeadLetters, Queues.SyncSteps, Queues.SyncSteps + Queues.DeadLetters,
            Queues.Pushes, Queues.Pushes + Queues.DeadLetters, Queues.Notices, Queues.Notices + Queues.DeadLetters,
            Queues.Rules, Queues.Rules + Queues.DeadLetters, Queues.BidflowEvents, Queues.BidflowEvents + Queues.DeadLetters,
            Queues.FolioEvents, Queues.FolioEvents + Queues.DeadLetters, Queues.HephaitosEvents, Queues.HephaitosEvents + Queues.DeadLetters,
        }.Order());
        queues.Values.ShouldAllBe(trigger => trigger.Connection == "ServiceBus");
        foreach (var (name, trigger) in queues)
            trigger.IsSessionsEnabled.ShouldBe(!name.EndsWith(Queues.DeadLetters, StringComparison.Ordinal) && !name.StartsWith("crm-events-", StringComparison.Ordinal));
    }
}
