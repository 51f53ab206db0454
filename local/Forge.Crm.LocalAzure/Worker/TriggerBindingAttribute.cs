namespace Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.Extensions.Abstractions.BindingAttribute</c>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class BindingAttribute : Attribute;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.Extensions.Abstractions.TriggerBindingAttribute</c>.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public abstract class TriggerBindingAttribute : BindingAttribute;
