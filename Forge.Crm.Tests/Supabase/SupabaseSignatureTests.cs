using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Forge.Crm.Adapters.Supabase;
using Microsoft.Extensions.Primitives;

namespace Forge.Crm.Tests.Supabase;

public sealed class SupabaseSignatureTests
{
    private const string Secret = "whsec_KFpKUIpTK98sSZmEwToInIDo5nZhgOZMsiNJlDG/gt4=";
    private const string Other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Id = "msg_1";
    private const long SentAt = 1_790_000_001;
    private static readonly JsonElement Vectors = Load();

    public static TheoryData<string> Ids => [.. Each().Select(vector => vector.GetProperty("id").GetString()!)];

    [Theory, MemberData(nameof(Ids))]
    public void Every_vector_of_the_specification_is_judged_as_it_says(string id)
    {
        var vector = Each().Single(each => each.GetProperty("id").GetString() == id);
        var headers = vector.GetProperty("headers");
        string Header(string name) => headers.GetProperty(name).GetString()!;
        var now = vector.TryGetProperty("nowSeconds", out var seconds)
            ? seconds.GetInt64()
            : long.Parse(Header("webhook-timestamp"), CultureInfo.InvariantCulture);

        var check = SupabaseSignature.Check(
            Header("webhook-id"), Header("webhook-timestamp"), Header("webhook-signature"), Encoding.UTF8.GetBytes(vector.GetProperty("payload").GetString()!),
            At(now), new(vector.GetProperty("secret").GetString()));

        (check == SupabaseCheck.Valid).ShouldBe(vector.GetProperty("valid").GetBoolean(), check.ToString());
    }

    [Fact]
    public void There_are_ten_vectors() => Each().Count().ShouldBe(10);

    [Theory]
    [InlineData(-301, SupabaseCheck.Stale)]
    [InlineData(-300, SupabaseCheck.Valid)]
    [InlineData(300, SupabaseCheck.Valid)]
    [InlineData(301, SupabaseCheck.Stale)]
    public void The_window_is_five_minutes_both_ways(long offset, SupabaseCheck expected) =>
        Check(Sign("[]"u8), "[]"u8, at: SentAt + offset).ShouldBe(expected);

    [Theory]
    [InlineData("+790000001")]
    [InlineData(" 790000001")]
    [InlineData("１790000001")]
    [InlineData("1790000001000")]
    [InlineData("179000000.1")]
    [InlineData("")]
    public void A_timestamp_that_is_not_ten_digits_is_malformed(string timestamp) =>
        SupabaseSignature.Check(Id, timestamp, Sign("[]"u8, timestamp: timestamp), "[]"u8, At(SentAt), new(Secret)).ShouldBe(SupabaseCheck.Malformed);

    [Fact]
    public void A_header_that_is_missing_or_given_twice_is_malformed()
    {
        string[] headers = [Id, SentAt.ToString(CultureInfo.InvariantCulture), Sign("[]"u8)];
        foreach (var broken in Enumerable.Range(0, 3))
        {
            foreach (var value in new StringValues[] { StringValues.Empty, new([headers[broken], headers[broken]]), new([null]), "" })
            {
                StringValues[] sent = [headers[0], headers[1], headers[2]];
                sent[broken] = value;
                SupabaseSignature.Check(sent[0], sent[1], sent[2], "[]"u8, At(SentAt), new(Secret)).ShouldBe(SupabaseCheck.Malformed);
            }
        }
    }

    [Fact]
    public void No_request_with_one_bit_flipped_is_valid()
    {
        var body = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Payloads", "supabase-webhook-update.json"));
        byte[][] parts = [Encoding.ASCII.GetBytes(Id), Encoding.ASCII.GetBytes($"{SentAt}"), Encoding.ASCII.GetBytes(Sign(body)), body];
        var mutants = 0;
        for (var part = 0; part < parts.Length; part++)
        {
            for (var bit = 0; bit < parts[part].Length * 8; bit++, mutants++)
            {
                byte[][] mutated = [.. parts];
                mutated[part] = [.. parts[part]];
                mutated[part][bit / 8] ^= (byte)(1 << (bit % 8));
                SupabaseSignature.Check(Text(mutated[0]), Text(mutated[1]), Text(mutated[2]), mutated[3], At(SentAt), new(Secret))
                    .ShouldNotBe(SupabaseCheck.Valid, $"part {part}, bit {bit}");
            }
        }

        mutants.ShouldBeGreaterThan(5_000);
    }

    [Fact]
    public void Of_several_secrets_any_may_sign_and_of_several_signatures_one_is_enough()
    {
        var secrets = new SupabaseSecrets($"v1,{Other}|{Secret}");
        Check(Sign("[]"u8), "[]"u8, secrets: secrets).ShouldBe(SupabaseCheck.Valid);
        Check(Sign("[]"u8, secret: Other), "[]"u8, secrets: secrets).ShouldBe(SupabaseCheck.Valid);
        Check($"v2,xyz {Sign("[1]"u8)} {Sign("[]"u8)}", "[]"u8).ShouldBe(SupabaseCheck.Valid);
        Check($"v2,xyz {Sign("[1]"u8)}", "[]"u8).ShouldBe(SupabaseCheck.Mismatch);
    }

    [Fact]
    public void The_previous_secret_is_valid_until_it_expires()
    {
        var secrets = new SupabaseSecrets(Other, Secret, At(SentAt + 1));
        Check(Sign("[]"u8), "[]"u8, secrets: secrets).ShouldBe(SupabaseCheck.Valid);
        Check(Sign("[]"u8), "[]"u8, at: SentAt + 1, secrets: secrets).ShouldBe(SupabaseCheck.Mismatch);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_AAAA")]
    [InlineData("whsec_?")]
    [InlineData("a-secret-that-is-shown-and-does-not-sign")]
    public void Without_a_secret_that_signs_nothing_is_valid(string? secret)
    {
        foreach (var key in new[] { [], Encoding.UTF8.GetBytes(secret ?? ""), new byte[3] })
            Check($"v1,{Mac(key, "[]"u8)}", "[]"u8, secrets: new(secret)).ShouldBe(SupabaseCheck.Mismatch);
    }

    [Fact]
    public void A_previous_secret_alone_opens_nothing() =>
        Check(Sign("[]"u8), "[]"u8, secrets: new(null, Secret, At(SentAt + 99))).ShouldBe(SupabaseCheck.Mismatch);

    internal static string Sign(ReadOnlySpan<byte> body, string secret = Secret, string? timestamp = null) =>
        $"v1,{Mac(Convert.FromBase64String(secret["whsec_".Length..]), body, timestamp)}";

    private static string Mac(byte[] key, ReadOnlySpan<byte> body, string? timestamp = null) =>
        Convert.ToBase64String(HMACSHA256.HashData(key, (byte[])[.. Encoding.UTF8.GetBytes($"{Id}.{timestamp ?? $"{SentAt}"}."), .. body]));

    private static SupabaseCheck Check(string signature, ReadOnlySpan<byte> body, long at = SentAt, SupabaseSecrets? secrets = null) =>
        SupabaseSignature.Check(Id, $"{SentAt}", signature, body, At(at), secrets ?? new(Secret));

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);

    private static DateTimeOffset At(long seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    private static IEnumerable<JsonElement> Each() => Vectors.GetProperty("vectors").EnumerateArray().Concat(Vectors.GetProperty("cases").EnumerateArray());

    private static JsonElement Load() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Vectors", "standard-webhooks-vectors.json"))).RootElement;
}
