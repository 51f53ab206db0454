using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Adapters.KeyVault;

/// <param name="Value">Null where the vault has none.</param>
internal sealed record ReadSecret(string? Value, DateTimeOffset ReadAt)
{
    // A record's own text would show the value.
    public override string ToString() => nameof(ReadSecret);
}

/// <summary>What is remembered of a secret between two reads of the vault.</summary>
internal sealed class KeptSecret
{
    private volatile ReadSecret? _read;
    private volatile Failure? _failure;

    /// <summary>One caller at a time asks the vault.</summary>
    public SemaphoreSlim Turn { get; } = new(1, 1);

    public ReadSecret? Within(DateTimeOffset now, int seconds) => _read is { } read && now - read.ReadAt < TimeSpan.FromSeconds(seconds) ? read : null;

    public SecretUnavailableException? FailedWithin(DateTimeOffset now, int seconds) =>
        _failure is { } failure && now - failure.At < TimeSpan.FromSeconds(seconds) ? failure.Error : null;

    public ReadSecret Read(ReadSecret read)
    {
        (_read, _failure) = (read, null);
        return read;
    }

    /// <summary>There is none: the next caller asks again, and a secret that was deleted does not come back in an outage.</summary>
    public ReadSecret Miss(ReadSecret none)
    {
        (_read, _failure) = (null, null);
        return none;
    }

    public SecretUnavailableException Fail(SecretUnavailableException error, DateTimeOffset at)
    {
        _failure = new(error, at);
        return error;
    }

    private sealed record Failure(SecretUnavailableException Error, DateTimeOffset At);
}
