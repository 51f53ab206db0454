namespace Microsoft.Azure.Functions.Worker;

/// <summary>An invocation. Mirrors the part used of <c>Microsoft.Azure.Functions.Worker.FunctionContext</c>.</summary>
public abstract class FunctionContext
{
    public abstract string InvocationId { get; }

    public abstract string FunctionId { get; }

    public abstract IServiceProvider InstanceServices { get; set; }

    public abstract FunctionDefinition FunctionDefinition { get; }

    public abstract IDictionary<object, object> Items { get; set; }

    public virtual CancellationToken CancellationToken { get; } = CancellationToken.None;
}

/// <summary>Mirrors the part used of <c>Microsoft.Azure.Functions.Worker.FunctionDefinition</c>.</summary>
public abstract class FunctionDefinition
{
    public abstract string PathToAssembly { get; }

    public abstract string EntryPoint { get; }

    public abstract string Id { get; }

    public abstract string Name { get; }
}
