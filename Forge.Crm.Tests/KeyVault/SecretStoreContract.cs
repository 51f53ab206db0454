using Forge.Crm.Adapters.KeyVault;
using Forge.Crm.Domain.Ports;

namespace Forge.Crm.Tests.KeyVault;

/// <summary>What every vault promises.</summary>
public abstract class SecretStoreContract
{
    private protected abstract Task<ISecretStore> OpenAsync();

    [Fact]
    public async Task A_secret_is_what_was_written_last_and_none_once_it_is_deleted()
    {
        var store = await OpenAsync();
        (await store.GetAsync("tenant-1-hubspot", CancellationToken.None)).ShouldBeNull();
        await store.SetAsync("tenant-1-hubspot", """{"refreshToken":"ü"}""", CancellationToken.None);
        await store.SetAsync("tenant-2-hubspot", "other", CancellationToken.None);
        (await store.GetAsync("tenant-1-hubspot", CancellationToken.None)).ShouldBe("""{"refreshToken":"ü"}""");

        await store.SetAsync("tenant-1-hubspot", "two", CancellationToken.None);
        (await store.GetAsync("tenant-1-hubspot", CancellationToken.None)).ShouldBe("two");
        (await store.GetLatestAsync("tenant-1-hubspot", CancellationToken.None)).ShouldBe("two");

        await store.DeleteAsync("tenant-1-hubspot", CancellationToken.None);
        await store.DeleteAsync("tenant-1-hubspot", CancellationToken.None);
        (await store.GetAsync("tenant-1-hubspot", CancellationToken.None)).ShouldBeNull();
        (await store.GetAsync("tenant-2-hubspot", CancellationToken.None)).ShouldBe("other");
    }

    [Fact]
    public async Task A_name_that_was_deleted_can_be_used_again()
    {
        var store = await OpenAsync();
        await store.SetAsync("name", "one", CancellationToken.None);
        await store.DeleteAsync("name", CancellationToken.None);
        await store.SetAsync("name", "two", CancellationToken.None);
        (await store.GetLatestAsync("name", CancellationToken.None)).ShouldBe("two");
    }

    [Fact]
    public async Task What_another_worker_wrote_is_seen_past_the_cache()
    {
        var (mine, theirs) = (await OpenAsync(), await OpenAsync());
        await mine.SetAsync("name", "one", CancellationToken.None);
        await theirs.SetAsync("name", "two", CancellationToken.None);
        (await mine.GetLatestAsync("name", CancellationToken.None)).ShouldBe("two");
        (await mine.GetAsync("name", CancellationToken.None)).ShouldBe("two");
    }
}

public sealed class FileSecretStoreContract : SecretStoreContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forge-secrets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private protected override Task<ISecretStore> OpenAsync() => Task.FromResult<ISecretStore>(new FileSecretStore(Path.Combine(_folder, "secrets.json")));
}

public sealed class KeyVaultSecretStoreContract : SecretStoreContract, IAsyncLifetime
{
    private LocalVault _vault = null!;

    public async Task InitializeAsync() => _vault = await LocalVault.StartAsync();

    public async Task DisposeAsync() => await _vault.DisposeAsync();

    private protected override Task<ISecretStore> OpenAsync() => Task.FromResult<ISecretStore>(_vault.Open());
}
