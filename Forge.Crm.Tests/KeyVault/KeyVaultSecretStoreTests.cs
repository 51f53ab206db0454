using Azure;
using Azure.Security.KeyVault.Secrets;
using Forge.Crm.Adapters.KeyVault;
using Moq;

namespace Forge.Crm.Tests.KeyVault;

public sealed class KeyVaultSecretStoreTests
{
    private readonly Mock<SecretClient> _vault = new();

    [Fact]
    public async Task A_secret_that_there_is_not_is_null_and_a_vault_that_refuses_is_an_error()
    {
        Setup("there").ReturnsAsync(Response.FromValue(SecretModelFactory.KeyVaultSecret(new("there"), "value"), null!));
        Setup("absent").ThrowsAsync(new RequestFailedException(404, "SecretNotFound"));
        Setup("refused").ThrowsAsync(new RequestFailedException(403, "Forbidden"));
        var store = new KeyVaultSecretStore(_vault.Object);

        (await store.GetAsync("there", CancellationToken.None)).ShouldBe("value");
        (await store.GetAsync("absent", CancellationToken.None)).ShouldBeNull();
        await Should.ThrowAsync<RequestFailedException>(() => store.GetAsync("refused", CancellationToken.None));
    }

    private Moq.Language.Flow.ISetup<SecretClient, Task<Response<KeyVaultSecret>>> Setup(string name) =>
        _vault.Setup(vault => vault.GetSecretAsync(name, It.IsAny<string>(), It.IsAny<CancellationToken>()));
}
