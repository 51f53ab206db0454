using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalAzure.Host;

/// <summary>The one function key of the local host, setting <c>FunctionKeys:default</c>. Without it only anonymous functions can be called.</summary>
internal sealed class FunctionKey(IConfiguration configuration)
{
    public bool Admits(HttpRequest request, AuthorizationLevel level)
    {
        if (level == AuthorizationLevel.Anonymous)
            return true;
        var key = configuration["FunctionKeys:default"];
        var given = request.Headers.TryGetValue("x-functions-key", out var header) ? header.ToString() : request.Query["code"].ToString();
        return !string.IsNullOrEmpty(key) && CryptographicOperations.FixedTimeEquals(Hash(key), Hash(given));
    }

    // Hashed first: keys of different lengths take the same time.
    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
