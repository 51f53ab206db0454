namespace Forge.Crm.Domain.Records;

/// <summary>What a field's canonical text means, and so how it is normalised, compared and stored.</summary>
public enum FieldType
{
    /// <summary>NFC, line feeds, no outer white space.</summary>
    Text,

    /// <summary>Lower case.</summary>
    Email,

    /// <summary>E.164 where it can be parsed in the tenant's country; else the trimmed text.</summary>
    Phone,

    /// <summary>A host name in lower case, without scheme, <c>www.</c> or path.</summary>
    HostName,
    WholeNumber,

    /// <summary>A decimal with at most four places (<c>numeric(19,4)</c>), no trailing zeros.</summary>
    Number,

    /// <summary><c>yyyy-MM-dd</c>, without a zone: it never shifts.</summary>
    Date,

    /// <summary>An instant, ISO 8601 in UTC with at most microseconds.</summary>
    Time,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Flag,

    /// <summary>Distinct members in ordinal order, joined by <c>;</c>.</summary>
    Set,

    /// <summary>The hub's id of an owner, a pipeline or a stage.</summary>
    Reference,
}

/// <summary>A field of a hub record. A custom field is named <c>custom.key</c> and lives in <c>custom_fields</c> under its key.</summary>
/// <param name="HasDefault">Platforms fill it in by themselves where a record is created without it: an owner, a first stage.</param>
public sealed record Field(string Name, FieldType Type, bool HasDefault = false)
{
    public const string CustomPrefix = "custom.";

    public bool IsCustom { get; } = Name.StartsWith(CustomPrefix, StringComparison.Ordinal);

    /// <summary>The key in <c>custom_fields</c>, or the column.</summary>
    public string Key { get; } = Name.StartsWith(CustomPrefix, StringComparison.Ordinal) ? Name[CustomPrefix.Length..] : Name;
}
