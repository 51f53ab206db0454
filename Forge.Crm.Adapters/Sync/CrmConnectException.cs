namespace Forge.Crm;

/// <summary>An account could not be connected for a reason that trying again does not help; nothing was changed.</summary>
public sealed class CrmConnectException(string message, Exception? inner = null) : Exception(message, inner);
