using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>One call of a function: its scope, its token, and what its trigger brings along.</summary>
internal sealed class Invocation(FunctionMethod function, IServiceProvider services, CancellationToken ct) : FunctionContext
{
    private readonly Dictionary<Type, object> inputs = [];

    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => function.Id;

    public override FunctionDefinition FunctionDefinition => function;

    public override IServiceProvider InstanceServices { get; set; } = services;

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override CancellationToken CancellationToken => ct;

    public Invocation With<T>(T input) where T : notnull
    {
        inputs[typeof(T)] = input;
        return this;
    }

    public object? Input(Type type) => inputs.GetValueOrDefault(type);
}
