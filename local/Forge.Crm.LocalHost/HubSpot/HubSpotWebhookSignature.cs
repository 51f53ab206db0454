using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>Signs deliveries as HubSpot does ("Validating requests"): version 1 and version 3 together.</summary>
internal static class HubSpotWebhookSignature
{
    // Only these escapes are decoded before signing; %20, %26, %3D, %25, %2B and escaped UTF-8 stay.
    private static readonly Dictionary<string, char> Decoded = new(StringComparer.OrdinalIgnoreCase)
    {
        ["3A"] = ':',
        ["2F"] = '/',
        ["3F"] = '?',
        ["40"] = '@',
        ["21"] = '!',
        ["24"] = '$',
        ["27"] = '\'',
        ["28"] = '(',
        ["29"] = ')',
        ["2A"] = '*',
        ["2C"] = ',',
        ["3B"] = ';',
    };

    public static void Sign(HttpRequestMessage request, string signedUri, byte[] body, string secret, DateTimeOffset now)
    {
        var timestamp = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("X-HubSpot-Signature", Version1(secret, body));
        request.Headers.Add("X-HubSpot-Signature-Version", "v1");
        request.Headers.Add("X-HubSpot-Signature-v3", Version3(secret, request.Method.Method, signedUri, body, timestamp));
        request.Headers.Add("X-HubSpot-Request-Timestamp", timestamp);
    }

    public static string Version1(string secret, byte[] body) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(secret), .. body]));

    public static string Version3(string secret, string method, string uri, byte[] body, string timestamp)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
        hash.AppendData(Encoding.UTF8.GetBytes(method + Decode(uri)));
        hash.AppendData(body);
        hash.AppendData(Encoding.UTF8.GetBytes(timestamp));
        return Convert.ToBase64String(hash.GetHashAndReset());
    }

    private static string Decode(string uri)
    {
        var text = new StringBuilder(uri.Length);
        for (var i = 0; i < uri.Length; i++)
        {
            if (uri[i] == '%' && i + 2 < uri.Length && Decoded.TryGetValue(uri.Substring(i + 1, 2), out var character))
            {
                text.Append(character);
                i += 2;
            }
            else
                text.Append(uri[i]);
        }
        return text.ToString();
    }
}
