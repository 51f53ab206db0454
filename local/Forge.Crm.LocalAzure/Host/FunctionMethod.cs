using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>A method with <see cref="FunctionAttribute"/>: how to find it, and how to call it.</summary>
internal sealed class FunctionMethod : FunctionDefinition
{
    private readonly MethodInvoker invoker;
    private readonly ObjectFactory? create;
    private readonly Func<Invocation, object?>[] arguments;

    private FunctionMethod(string name, MethodInfo method, ParameterInfo trigger)
    {
        Name = name;
        Method = method;
        TriggerParameter = trigger;
        Trigger = trigger.GetCustomAttribute<TriggerBindingAttribute>()!;
        invoker = MethodInvoker.Create(method);
        create = method.IsStatic ? null : ActivatorUtilities.CreateFactory(method.DeclaringType!, []);
        arguments = [.. method.GetParameters().Select(parameter => ParameterBinding.For(this, parameter))];
    }

    public override string Name { get; }

    public override string Id => Name;

    public override string EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";

    public override string PathToAssembly => Method.Module.Assembly.Location;

    public MethodInfo Method { get; }

    public TriggerBindingAttribute Trigger { get; }

    public ParameterInfo TriggerParameter { get; }

    /// <summary>The functions in these types, by name.</summary>
    /// <exception cref="InvalidOperationException">Two have one name, one has no trigger, or a parameter cannot be bound.</exception>
    public static IReadOnlyList<FunctionMethod> FindIn(IEnumerable<Type> types)
    {
        var functions = (from type in types.Distinct()
                         from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly)
                         let function = method.GetCustomAttribute<FunctionAttribute>()
                         where function is not null
                         orderby function.Name
                         select Describe(function.Name, method)).ToList();
        var twice = functions.GroupBy(function => function.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1);
        return twice is null
            ? functions
            : throw new InvalidOperationException(
                $"The function name '{twice.Key}' is used by {string.Join(" and ", twice.Select(function => function.EntryPoint))}.");
    }

    /// <summary>Makes the function's object from the invocation's services, calls it, and awaits what it returns.</summary>
    /// <returns>The result of the method or of its task; null for none.</returns>
    public async Task<object?> InvokeAsync(Invocation invocation)
    {
        var target = create?.Invoke(invocation.InstanceServices, null);
        try
        {
            return await TaskResult.OfAsync(invoker.Invoke(target, arguments.Select(bind => bind(invocation)).ToArray().AsSpan()));
        }
        finally
        {
            if (target is IAsyncDisposable asyncDisposable)
                await asyncDisposable.DisposeAsync();
            else
                (target as IDisposable)?.Dispose();
        }
    }

    private static FunctionMethod Describe(string name, MethodInfo method)
    {
        var triggers = method.GetParameters().Where(parameter => parameter.IsDefined(typeof(TriggerBindingAttribute))).ToList();
        return triggers.Count == 1
            ? new FunctionMethod(name, method, triggers[0])
            : throw new InvalidOperationException($"The function '{name}' must have one parameter with a trigger, and has {triggers.Count}.");
    }
}
