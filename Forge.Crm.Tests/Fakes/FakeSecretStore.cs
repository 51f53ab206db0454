using System.Collections.Concurrent;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Tests.Fakes;

/// <summary>A vault in memory.</summary>
internal sealed class FakeSecretStore : ISecretStore
{
    private readonly ConcurrentDictionary<string, string> _secrets = [];

    /// <summary>It does not answer, and what was read before is too old.</summary>
    public bool IsSilent { get; set; }

    public Task<string?> GetAsync(string name, CancellationToken ct) =>
        IsSilent ? throw new SecretUnavailableException("The vault is silent.") : Task.FromResult(_secrets.GetValueOrDefault(name));

    public Task SetAsync(string name, string value, CancellationToken ct)
    {
        _secrets[name] = value;
        return Task.CompletedTask;
    }

    public Task DeleteAsync(string name, CancellationToken ct)
    {
        _secrets.TryRemove(name, out _);
        return Task.CompletedTask;
    }
}
