using System.Collections.Immutable;
using Forge.Crm.Domain.Records;

namespace Forge.Crm.Domain.Mapping;

/// <summary>What a tenant says that a field of its own holds.</summary>
public enum CustomType
{
    Text,

    /// <summary>One of a list.</summary>
    Choice,

    /// <summary>Some of a list.</summary>
    MultiChoice,
    Number,
    WholeNumber,

    /// <summary>An amount. Its currency is the platform's own affair: a new amount takes the account's, a changed one keeps its own.</summary>
    Money,
    Boolean,

    /// <summary>A day, without a zone.</summary>
    Date,

    /// <summary>An instant.</summary>
    Datetime,
    Phone,
    Email,
}

public static class CustomTypes
{
    private static readonly ImmutableDictionary<CustomType, FieldType> FieldTypes = new Dictionary<CustomType, FieldType>
    {
        [CustomType.Text] = FieldType.Text,
        [CustomType.Choice] = FieldType.Text,
        [CustomType.MultiChoice] = FieldType.Set,
        [CustomType.Number] = FieldType.Number,
        [CustomType.WholeNumber] = FieldType.WholeNumber,
        [CustomType.Money] = FieldType.Number,
        [CustomType.Boolean] = FieldType.Flag,
        [CustomType.Date] = FieldType.Date,
        [CustomType.Datetime] = FieldType.Time,
        [CustomType.Phone] = FieldType.Phone,
        [CustomType.Email] = FieldType.Email,
    }.ToImmutableDictionary();

    public static FieldType ToFieldType(this CustomType type) => FieldTypes[type];

    /// <summary>Whether a platform may hold its values as options with names of their own.</summary>
    public static bool HasOptions(this CustomType type) => type is CustomType.Choice or CustomType.MultiChoice or CustomType.Boolean;
}
