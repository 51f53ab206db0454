namespace Microsoft.Azure.Functions.Worker;

/// <summary>Marks a function; names are unique in a host. Mirrors <c>Microsoft.Azure.Functions.Worker.FunctionAttribute</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public class FunctionAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
