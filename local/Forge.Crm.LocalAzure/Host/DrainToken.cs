namespace Forge.Crm.LocalAzure.Host;

/// <summary>Cancelled when the host stops and what is still running has had its time.</summary>
internal sealed class DrainToken : IDisposable
{
    private readonly CancellationTokenSource source = new();

    public CancellationToken Token => source.Token;

    public Task CancelAsync() => source.CancelAsync();

    public void Dispose() => source.Dispose();
}
