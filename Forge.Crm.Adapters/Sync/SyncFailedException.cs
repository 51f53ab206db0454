namespace Forge.Crm;

/// <summary>A sync job did not come to its end. <see cref="Result"/> holds what it did until then.</summary>
public sealed class SyncFailedException(string message, SyncResult result) : Exception(message)
{
    public SyncResult Result { get; } = result;
}
