using Azure;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Adapters.KeyVault;
using Forge.Crm.Domain.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Moq;

namespace Forge.Crm.Tests.KeyVault;

public sealed class SecretStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("forge-secrets-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly Mock<SecretClient> _vault = new();
    private int _reads;

    private string FileName => Path.Combine(_folder, "sub", "secrets.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_secret_is_read_once_in_five_minutes()
    {
        var store = Vault(() => "one");
        for (var i = 0; i < 5; i++)
            (await store.GetAsync("a", CancellationToken.None)).ShouldBe("one");
        _time.Advance(TimeSpan.FromSeconds(299));
        await store.GetAsync("a", CancellationToken.None);
        _reads.ShouldBe(1);
        _time.Advance(TimeSpan.FromSeconds(1));
        await store.GetAsync("a", CancellationToken.None);
        _reads.ShouldBe(2);
    }

    [Fact]
    public async Task A_secret_that_was_read_goes_on_through_an_outage_and_not_for_ever()
    {
        var store = Vault(() => _reads == 1 ? "one" : throw new RequestFailedException(503, "down"));
        await store.GetAsync("a", CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(59));
        (await store.GetAsync("a", CancellationToken.None)).ShouldBe("one");
        _time.Advance(TimeSpan.FromMinutes(1));
        await Should.ThrowAsync<SecretUnavailableException>(() => store.GetAsync("a", CancellationToken.None));
    }

    [Fact]
    public async Task A_secret_that_was_never_read_is_an_error_in_an_outage() =>
        await Should.ThrowAsync<SecretUnavailableException>(
            () => Vault(() => throw new RequestFailedException(503, "down")).GetAsync("a", CancellationToken.None));

    [Fact]
    public async Task A_secret_that_is_not_there_is_null_and_is_looked_for_again()
    {
        var store = Vault(() => _reads == 1 ? throw new RequestFailedException(404, "not found") : "one");
        (await store.GetAsync("a", CancellationToken.None)).ShouldBeNull();
        (await store.GetAsync("a", CancellationToken.None)).ShouldBe("one");
    }

    [Fact]
    public async Task A_secret_that_was_deleted_does_not_come_back_in_an_outage()
    {
        var store = Vault(() => _reads switch { 1 => "one", 2 => throw new RequestFailedException(404, ""), _ => throw new RequestFailedException(503, "") });
        await store.GetAsync("a", CancellationToken.None);
        _time.Advance(TimeSpan.FromMinutes(6));
        (await store.GetAsync("a", CancellationToken.None)).ShouldBeNull();
        await Should.ThrowAsync<SecretUnavailableException>(() => store.GetAsync("a", CancellationToken.None));
    }

    [Fact]
    public async Task What_was_written_is_what_is_read_next()
    {
        _vault.Setup(vault => vault.SetSecretAsync("a", "two", It.IsAny<CancellationToken>()))
            .ReturnsAsync(Response.FromValue(new KeyVaultSecret("a", "two"), Mock.Of<Response>()));
        var store = Vault(() => "one");
        await store.GetAsync("a", CancellationToken.None);
        await store.SetAsync("a", "two", CancellationToken.None);
        (await store.GetAsync("a", CancellationToken.None)).ShouldBe("two");
    }

    [Fact]
    public async Task A_file_keeps_secrets_for_its_owner_alone()
    {
        await FileStore().SetAsync("a", "one", CancellationToken.None);
        await FileStore().SetAsync("b", "zwei \"ü\"", CancellationToken.None);
        (await FileStore().GetAsync("a", CancellationToken.None)).ShouldBe("one");
        (await FileStore().GetAsync("b", CancellationToken.None)).ShouldBe("zwei \"ü\"");
        (await FileStore().GetAsync("c", CancellationToken.None)).ShouldBeNull();
        Directory.GetFiles(Path.GetDirectoryName(FileName)!).Order().ShouldBe([FileName, $"{FileName}.lock"]);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(FileName).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_file_that_others_may_read_is_refused()
    {
        await FileStore().SetAsync("a", "one", CancellationToken.None);
        if (OperatingSystem.IsWindows())
            return;
        File.SetUnixFileMode(FileName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        (await Should.ThrowAsync<InvalidOperationException>(() => FileStore().GetAsync("a", CancellationToken.None))).Message.ShouldContain("chmod 600");
    }

    [Fact]
    public async Task A_file_that_is_damaged_says_so_without_its_content()
    {
        await FileStore().SetAsync("a", "one", CancellationToken.None);
        await File.WriteAllTextAsync(FileName, "{\"a\": s3cret");
        (await Should.ThrowAsync<InvalidOperationException>(() => FileStore().GetAsync("a", CancellationToken.None))).ToString().ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Many_writers_at_once_lose_nothing()
    {
        var store = FileStore();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => store.SetAsync($"name-{i}", $"{i}", CancellationToken.None)));
        for (var i = 0; i < 20; i++)
            (await FileStore().GetAsync($"name-{i}", CancellationToken.None)).ShouldBe($"{i}");
    }

    [Fact]
    public async Task Two_processes_at_once_lose_nothing()
    {
        using var other = FileStore();
        using var mine = FileStore();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? mine : other).SetAsync($"name-{i}", $"{i}", CancellationToken.None)));
        for (var i = 0; i < 20; i++)
            (await mine.GetAsync($"name-{i}", CancellationToken.None)).ShouldBe($"{i}");
    }

    [Fact]
    public async Task Without_a_file_secrets_are_in_memory()
    {
        using var store = new FileSecretStore(null);
        await store.SetAsync("a", "one", CancellationToken.None);
        (await store.GetAsync("a", CancellationToken.None)).ShouldBe("one");
        (await store.GetAsync("b", CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("KeyVault:Uri", "https://forge-crm.vault.azure.net", typeof(KeyVaultSecretStore))]
    [InlineData("KeyVault:File", "secrets.json", typeof(FileSecretStore))]
    public void The_settings_say_where_secrets_are(string key, string value, Type store) =>
        Services((key, value)).GetRequiredService<ISecretStore>().ShouldBeOfType(store);

    [Fact]
    public void Without_any_setting_it_says_which_there_are() =>
        Should.Throw<InvalidOperationException>(() => Services().GetRequiredService<ISecretStore>()).Message.ShouldContain("KeyVault:File");

    private static ServiceProvider Services(params (string Key, string Value)[] settings) =>
        new ServiceCollection().AddLogging().AddKeyVault(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(row => KeyValuePair.Create(row.Key, (string?)row.Value))).Build()).BuildServiceProvider();

    private FileSecretStore FileStore() => new(FileName);

    private KeyVaultSecretStore Vault(Func<string> read)
    {
        _vault.Setup(vault => vault.GetSecretAsync("a", null, It.IsAny<CancellationToken>())).Returns(() =>
        {
            _reads++;
            try
            {
                return Task.FromResult(Response.FromValue(new KeyVaultSecret("a", read()), Mock.Of<Response>()));
            }
            catch (RequestFailedException e)
            {
                return Task.FromException<Response<KeyVaultSecret>>(e);
            }
        });
        return new(_vault.Object, Options.Create(new KeyVaultOptions()), _time, LocalVault.Metrics(), NullLogger<KeyVaultSecretStore>.Instance);
    }
}
