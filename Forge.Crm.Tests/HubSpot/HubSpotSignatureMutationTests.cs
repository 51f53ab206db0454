using System.Globalization;
using System.Text;
using Forge.Crm.Adapters.HubSpot;

namespace Forge.Crm.Tests.HubSpot;

/// <summary>Every bit of everything that is signed, and of the signature, is flipped once: only the untouched request is valid.</summary>
public sealed class HubSpotSignatureMutationTests
{
    private const string Secret = "forge-test-client-secret-0001";
    private const long SentAt = 1790000001000;
    private static readonly byte[] Method = "POST"u8.ToArray();
    private static readonly byte[] Target = "https://sync.example.com/api/webhooks/hubspot?tenant=acme"u8.ToArray();
    private static readonly byte[] Timestamp = Encoding.ASCII.GetBytes(SentAt.ToString(CultureInfo.InvariantCulture));
    private static readonly byte[] Body = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", "hubspot-webhook-batch.json"));
    private static readonly byte[] Signature =
        Encoding.ASCII.GetBytes(HubSpotSignatureTests.Sign("POST", Encoding.ASCII.GetString(Target), Body, SentAt, Secret));

    [Fact]
    public void No_request_with_one_bit_flipped_is_valid()
    {
        byte[][] parts = [Method, Target, Body, Timestamp, Signature];
        Check(parts).ShouldBe(HubSpotSignatureCheck.Valid);
        var mutants = 0;
        for (var part = 0; part < parts.Length; part++)
        {
            for (var bit = 0; bit < parts[part].Length * 8; bit++, mutants++)
            {
                byte[][] mutated = [.. parts];
                mutated[part] = [.. parts[part]];
                mutated[part][bit / 8] ^= (byte)(1 << (bit % 8));
                Check(mutated).ShouldNotBe(HubSpotSignatureCheck.Valid, $"part {part}, bit {bit}");
            }
        }

        mutants.ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public void No_request_with_a_byte_removed_or_doubled_is_valid()
    {
        byte[][] parts = [Method, Target, Body, Timestamp, Signature];
        for (var part = 0; part < parts.Length; part++)
        {
            for (var at = 0; at < parts[part].Length; at++)
            {
                byte[] cut = [.. parts[part][..at], .. parts[part][(at + 1)..]];
                byte[] doubled = [.. parts[part][..at], parts[part][at], .. parts[part][at..]];
                Check(With(parts, part, cut)).ShouldNotBe(HubSpotSignatureCheck.Valid);
                Check(With(parts, part, doubled)).ShouldNotBe(HubSpotSignatureCheck.Valid);
            }
        }
    }

    [Theory]
    [InlineData("another-tenants-client-secret")]
    [InlineData("forge-test-client-secret-0002")]
    [InlineData("forge-test-client-secret-000")]
    [InlineData("FORGE-TEST-CLIENT-SECRET-0001")]
    public void A_signature_under_another_secret_is_not_valid(string secret) =>
        HubSpotSignature.Check(
            "POST", Encoding.ASCII.GetString(Target), Body, HubSpotSignatureTests.Sign("POST", Encoding.ASCII.GetString(Target), Body, SentAt, secret),
            Encoding.ASCII.GetString(Timestamp), DateTimeOffset.FromUnixTimeMilliseconds(SentAt), new(Secret)).ShouldBe(HubSpotSignatureCheck.Mismatch);

    private static byte[][] With(byte[][] parts, int part, byte[] bytes) => [.. parts[..part], bytes, .. parts[(part + 1)..]];

    private static HubSpotSignatureCheck Check(byte[][] parts) =>
        HubSpotSignature.Check(
            Encoding.Latin1.GetString(parts[0]), Encoding.Latin1.GetString(parts[1]), parts[2], Encoding.Latin1.GetString(parts[4]),
            Encoding.Latin1.GetString(parts[3]), DateTimeOffset.FromUnixTimeMilliseconds(SentAt), new(Secret));
}
