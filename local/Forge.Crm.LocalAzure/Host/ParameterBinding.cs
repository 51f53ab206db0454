using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Azure.Messaging.ServiceBus;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>Where a function's parameter takes its value from; decided once, when the host starts.</summary>
internal static class ParameterBinding
{
    private static readonly Dictionary<Type, Type[]> InputsByTrigger = new()
    {
        [typeof(HttpTriggerAttribute)] = [typeof(HttpRequest)],
        [typeof(ServiceBusTriggerAttribute)] =
            [typeof(ServiceBusReceivedMessage), typeof(ServiceBusMessageActions), typeof(ServiceBusSessionMessageActions)],
        [typeof(TimerTriggerAttribute)] = [typeof(TimerInfo)],
    };

    /// <exception cref="InvalidOperationException">The local host has nothing for such a parameter.</exception>
    public static Func<Invocation, object?> For(FunctionMethod function, ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        if (type == typeof(CancellationToken))
            return invocation => invocation.CancellationToken;
        if (type == typeof(FunctionContext))
            return invocation => invocation;
        if (InputsByTrigger[function.Trigger.GetType()].Contains(type))
            return invocation => invocation.Input(type);
        if (function.Trigger is HttpTriggerAttribute && parameter != function.TriggerParameter && Converter(type) is { } converter)
            return invocation => RouteValue((HttpRequest)invocation.Input(typeof(HttpRequest))!, parameter, converter);
        throw new InvalidOperationException(
            $"The function '{function.Name}': the local host cannot bind the parameter '{parameter.Name}' of type {type}.");
    }

    private static TypeConverter? Converter(Type type)
    {
        var converter = TypeDescriptor.GetConverter(type);
        return converter.CanConvertFrom(typeof(string)) ? converter : null;
    }

    private static object? RouteValue(HttpRequest request, ParameterInfo parameter, TypeConverter converter)
    {
        var text = Convert.ToString(request.HttpContext.GetRouteValue(parameter.Name!), CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(text))
            return parameter.ParameterType == typeof(string) ? text : converter.ConvertFromInvariantString(text);
        if (parameter.HasDefaultValue)
            return parameter.DefaultValue;
        return parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType) : null;
    }
}
