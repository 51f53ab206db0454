using System.Collections.Concurrent;
using System.Reflection;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>Awaits whatever a function returned, and gives the result that is inside.</summary>
internal static class TaskResult
{
    private static readonly ConcurrentDictionary<Type, Func<object, Task<object?>>> Awaiters = new();
    private static readonly MethodInfo OfTask = typeof(TaskResult).GetMethod(nameof(OfTaskAsync), BindingFlags.NonPublic | BindingFlags.Static)!;
    private static readonly MethodInfo OfValueTask =
        typeof(TaskResult).GetMethod(nameof(OfValueTaskAsync), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static Task<object?> OfAsync(object? returned) =>
        returned is null ? Task.FromResult<object?>(null) : Awaiters.GetOrAdd(returned.GetType(), AwaiterFor)(returned);

    /// <summary>The type of the result for a method's return type: <c>T</c> for <c>T</c> and <c>Task&lt;T&gt;</c>, void for a bare task.</summary>
    public static Type TypeOf(Type returned)
    {
        if (returned == typeof(Task) || returned == typeof(ValueTask))
            return typeof(void);
        var task = BaseTypes(returned).FirstOrDefault(IsTaskOfResult);
        return task is null ? returned : task.GetGenericArguments()[0];
    }

    private static Func<object, Task<object?>> AwaiterFor(Type type)
    {
        var task = BaseTypes(type).FirstOrDefault(IsTaskOfResult);
        // An async method without a result returns a Task<VoidTaskResult>, which nobody can name.
        if (task is not null && task.GetGenericArguments()[0] is { IsVisible: true } result)
            return (task.GetGenericTypeDefinition() == typeof(Task<>) ? OfTask : OfValueTask)
                .MakeGenericMethod(result).CreateDelegate<Func<object, Task<object?>>>();
        if (typeof(Task).IsAssignableFrom(type))
            return NothingAsync;
        return type == typeof(ValueTask) ? value => NothingAsync(((ValueTask)value).AsTask()) : Task.FromResult<object?>;
    }

    private static async Task<object?> NothingAsync(object task)
    {
        await (Task)task;
        return null;
    }

    private static async Task<object?> OfTaskAsync<T>(object task) => await (Task<T>)task;

    private static async Task<object?> OfValueTaskAsync<T>(object task) => await (ValueTask<T>)task;

    private static bool IsTaskOfResult(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>));

    private static IEnumerable<Type> BaseTypes(Type? type)
    {
        for (; type is not null; type = type.BaseType)
            yield return type;
    }
}
