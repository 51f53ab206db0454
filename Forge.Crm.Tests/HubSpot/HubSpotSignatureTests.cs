using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.HubSpot;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Tests.HubSpot;

public sealed class HubSpotSignatureTests
{
    private const string Secret = "forge-test-client-secret-0001";
    private const string Uri = "https://sync.example.com/api/webhooks/hubspot";
    private const long SentAt = 1790000001000;
    private static readonly JsonElement Vectors = Load();

    public static TheoryData<string> Genuine => Ids("vectors", "id", vector => vector.GetProperty("version").GetString() == "v3");

    public static TheoryData<string> OlderVersions => Ids("vectors", "id", vector => vector.GetProperty("version").GetString() != "v3");

    public static TheoryData<string> Forged => Ids("negatives", "id", _ => true);

    public static TheoryData<string> Windows => Ids("timestampWindow", "id", _ => true);

    [Theory]
    [MemberData(nameof(Genuine))]
    public void A_genuine_version_3_signature_is_valid(string id)
    {
        var vector = Find("vectors", id);
        Check(vector, vector.GetProperty("expectedSignature").GetString()).ShouldBe(HubSpotSignatureCheck.Valid);
    }

    [Theory]
    [MemberData(nameof(OlderVersions))]
    public void A_signature_of_an_older_version_is_never_valid(string id)
    {
        var vector = Find("vectors", id);
        Check(vector, vector.GetProperty("expectedSignature").GetString()).ShouldBe(HubSpotSignatureCheck.Malformed);
    }

    [Theory]
    [MemberData(nameof(Forged))]
    public void A_forged_signature_is_rejected(string id)
    {
        var vector = Find("negatives", id);
        Check(vector, vector.GetProperty("presentedSignature").GetString()).ShouldNotBe(HubSpotSignatureCheck.Valid);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void The_time_window_is_five_minutes_both_ways(string id)
    {
        var window = Find("timestampWindow", id);
        var sent = long.Parse(window.GetProperty("timestamp").GetString()!, System.Globalization.CultureInfo.InvariantCulture);
        var now = At(window.GetProperty("nowMs").GetInt64());
        var check = HubSpotSignature.Check("POST", Uri, "[]"u8, Sign("POST", Uri, "[]"u8, sent), Text(sent), now, new(Secret));
        check.ShouldBe(window.GetProperty("accept").GetBoolean() ? HubSpotSignatureCheck.Valid : HubSpotSignatureCheck.Stale);
    }

    [Theory]
    [InlineData(-300_001, false)]
    [InlineData(-300_000, true)]
    [InlineData(300_000, true)]
    [InlineData(300_001, false)]
    public void The_window_ends_at_the_millisecond(long offset, bool accepted) =>
        HubSpotSignature.Check("POST", Uri, "[]"u8, Sign("POST", Uri, "[]"u8, SentAt), Text(SentAt), At(SentAt + offset), new(Secret))
            .ShouldBe(accepted ? HubSpotSignatureCheck.Valid : HubSpotSignatureCheck.Stale);

    [Theory]
    [InlineData("+790000001000")]
    [InlineData(" 790000001000")]
    [InlineData("-790000001000")]
    [InlineData("１790000001000")]
    [InlineData("179000000100")]
    [InlineData("17900000010000")]
    [InlineData("1790000001.00")]
    [InlineData("NaN")]
    [InlineData("")]
    public void A_timestamp_that_is_not_thirteen_digits_is_malformed(string timestamp)
    {
        var signature = Sign("POST", Uri, "[]"u8, timestamp, Secret);
        HubSpotSignature.Check("POST", Uri, "[]"u8, signature, timestamp, At(SentAt), new(Secret)).ShouldBe(HubSpotSignatureCheck.Malformed);
    }

    [Fact]
    public void A_header_that_is_missing_or_given_twice_is_malformed()
    {
        var signature = Sign("POST", Uri, "[]"u8, SentAt);
        StringValues[] broken = [StringValues.Empty, new([signature, signature]), new([null])];
        foreach (var header in broken)
            HubSpotSignature.Check("POST", Uri, "[]"u8, header, Text(SentAt), At(SentAt), new(Secret)).ShouldBe(HubSpotSignatureCheck.Malformed);
        StringValues[] stamps = [StringValues.Empty, new([Text(SentAt), Text(SentAt)]), new([null])];
        foreach (var header in stamps)
            HubSpotSignature.Check("POST", Uri, "[]"u8, signature, header, At(SentAt), new(Secret)).ShouldBe(HubSpotSignatureCheck.Malformed);
    }

    [Fact]
    public void The_previous_secret_is_valid_until_it_expires()
    {
        var secrets = new HubSpotSecrets("the-new-secret-of-this-app", Secret, At(SentAt + 1));
        var signature = Sign("POST", Uri, "[]"u8, SentAt);
        HubSpotSignature.Check("POST", Uri, "[]"u8, signature, Text(SentAt), At(SentAt), secrets).ShouldBe(HubSpotSignatureCheck.Valid);
        HubSpotSignature.Check("POST", Uri, "[]"u8, signature, Text(SentAt), At(SentAt + 1), secrets).ShouldBe(HubSpotSignatureCheck.Mismatch);
    }

    [Fact]
    public void Without_a_secret_nothing_is_valid()
    {
        var signature = Sign("POST", Uri, "[]"u8, Text(SentAt), "");
        HubSpotSignature.Check("POST", Uri, "[]"u8, signature, Text(SentAt), At(SentAt), new(null)).ShouldBe(HubSpotSignatureCheck.Mismatch);
        HubSpotSignature.Check("POST", Uri, "[]"u8, signature, Text(SentAt), At(SentAt), new("", "", At(SentAt + 9))).ShouldBe(HubSpotSignatureCheck.Mismatch);
    }

    [Theory]
    [InlineData("[{\"propertyValue\":\"ä\"}]")]
    [InlineData("[{\"propertyValue\":\"\\u00e4\"}]")]
    [InlineData("[{\"propertyValue\":\"👩🏽‍🚀\"}]")]
    [InlineData("[{\"propertyValue\":\"\u00e9\"}]")]
    [InlineData("[{\"propertyValue\":\"e\u0301\"}]")]
    [InlineData("[\r\n{}\r\n]")]
    [InlineData("[]   ")]
    public void The_raw_bytes_are_what_is_signed(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        HubSpotSignature.Check("POST", Uri, bytes, Sign("POST", Uri, bytes, SentAt), Text(SentAt), At(SentAt), new(Secret))
            .ShouldBe(HubSpotSignatureCheck.Valid);
    }

    [Fact]
    public void Two_bodies_that_differ_only_in_bytes_that_are_no_utf8_have_different_signatures()
    {
        byte[] signed = [(byte)'"', 0xFF, (byte)'"'];
        byte[] sent = [(byte)'"', 0xFE, (byte)'"'];
        HubSpotSignature.Check("POST", Uri, sent, Sign("POST", Uri, signed, SentAt), Text(SentAt), At(SentAt), new(Secret))
            .ShouldBe(HubSpotSignatureCheck.Mismatch);
    }

    internal static string Sign(string method, string uri, ReadOnlySpan<byte> body, long timestamp, string secret = Secret) =>
        Sign(method, uri, body, Text(timestamp), secret);

    private static string Sign(string method, string uri, ReadOnlySpan<byte> body, string timestamp, string secret) =>
        Convert.ToBase64String(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.UTF8.GetBytes(method + uri), .. body, .. Encoding.UTF8.GetBytes(timestamp)]));

    private static HubSpotSignatureCheck Check(JsonElement vector, string? signature)
    {
        var timestamp = vector.GetProperty("timestamp").GetString();
        var now = At(timestamp?.Length == 13 ? long.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture) : SentAt);
        return HubSpotSignature.Check(
            vector.GetProperty("method").GetString()!, vector.GetProperty("uri").GetString()!,
            Encoding.UTF8.GetBytes(vector.GetProperty("body").GetString()!), signature, timestamp, now,
            new(vector.GetProperty("clientSecret").GetString()));
    }

    private static DateTimeOffset At(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static string Text(long milliseconds) => milliseconds.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static JsonElement Find(string list, string id) =>
        Vectors.GetProperty(list).EnumerateArray().Single(vector => vector.GetProperty("id").GetString() == id);

    private static TheoryData<string> Ids(string list, string name, Func<JsonElement, bool> wanted) =>
        new(Vectors.GetProperty(list).EnumerateArray().Where(wanted).Select(vector => vector.GetProperty(name).GetString()!));

    private static JsonElement Load() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", "hubspot-signature-vectors.json"))).RootElement;
}
