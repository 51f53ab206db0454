using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Forge.Crm.Tests.HubSpot;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>Answers of every kind, and where a project's key may be sent.</summary>
public sealed class ProjectCallTests
{
    private const string Person = """{"nr":"1","mail":"ann@secret.example","changed_at":"2026-10-01T09:00:00.123456+00:00","made_at":null,"removed_at":null}""";

    [Theory]
    [InlineData("<html>Bad gateway</html>", "text/html", 200)]
    [InlineData("<html>Bad gateway</html>", "text/html", 502)]
    [InlineData("""[{"nr":"1","mail":"ann@secret.exam""", "application/json", 200)]
    [InlineData("""{"code":"XX000","message":"ann@secret.example"}""", "application/json", 200)]
    [InlineData("null", "application/json", 200)]
    [InlineData("7", "application/json", 200)]
    [InlineData("""["ann@secret.example"]""", "application/json", 200)]
    [InlineData("""[{"mail":"ann@secret.example","changed_at":"2026-10-01T09:00:00Z"}]""", "application/json", 200)]
    [InlineData("""[{"nr":"1","mail":"ann@secret.example"}]""", "application/json", 200)]
    [InlineData("""[{"nr":"1","mail":"ann@secret.example","changed_at":"yesterday"}]""", "application/json", 200)]
    [InlineData("""{"code":"23505","details":"Key (mail)=(ann@secret.example) already exists.","message":"ann@secret.example"}""", "application/json", 409)]
    [InlineData("""{"code":"22P02","message":"invalid input syntax for type integer: \"column \"Secret\"\""}""", "application/json", 400)]
    [InlineData("""{"code":"P0001","message":"column \"Secret\" of ann@secret.example"}""", "application/json", 400)]
    [InlineData("moved", "text/plain", 302)]
    public async Task Whatever_the_answer_is_the_error_names_the_platform_and_nothing_of_the_values(string body, string type, int status)
    {
        using var project = new Stub(_ => Answer(body, type, status));
        var e = await Should.ThrowAsync<CrmCallException>(() => project.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
        e.ToString().ShouldContain("SupabaseProject");
        foreach (var secret in new[] { "secret.example", "Secret", "sb_secret" })
            e.ToString().ShouldNotContain(secret);
    }

    [Fact]
    public async Task An_answer_that_never_ends_is_given_up()
    {
        using var project = new Stub(_ => Answer("[" + new string(' ', 11 * 1024 * 1024) + "]", "application/json", 200));
        (await Should.ThrowAsync<CrmCallException>(() => project.RunAsync(account => account.DescribeAsync(CancellationToken.None)))).Message.ShouldContain("too large");
    }

    [Theory]
    [InlineData(429, true, 2)]
    [InlineData(503, true, 2)]
    [InlineData(400, false, 1)]
    [InlineData(401, false, 1)]
    [InlineData(406, false, 1)]
    public async Task Only_what_may_pass_is_tried_again(int status, bool isAnsweredInTheEnd, int calls)
    {
        var answered = 0;
        using var project = new Stub(_ => answered++ == 0 ? Answer("""{"code":"PGRST002"}""", "application/json", status) : Answer($"[{Person}]", "application/json", 200));
        var read = project.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None));
        if (isAnsweredInTheEnd)
            (await read).ShouldHaveSingleItem();
        else
            (await Should.ThrowAsync<CrmCallException>(() => read)).IsTransient.ShouldBeFalse();
        project.Calls.Count.ShouldBe(calls);
    }

    [Fact]
    public async Task A_statement_that_ran_out_of_time_is_transient()
    {
        using var project = new Stub(_ => Answer("""{"code":"57014","message":"canceling statement due to statement timeout"}""", "application/json", 500));
        var e = await Should.ThrowAsync<CrmCallException>(() => project.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["1"], false, CancellationToken.None)));
        (e.IsTransient, e.Message).ShouldBe((true, "SupabaseProject answered 504: 57014 (GET /rest/v1/people)"));
    }

    [Fact]
    public async Task The_key_stands_in_headers_and_the_schema_where_it_is_named()
    {
        using var project = new Stub(_ => Answer($"[{Person}]", "application/json", 200));
        await project.RunAsync(account => account.ReadAsync(RemoteKind.Contact, ["a,b"], false, CancellationToken.None), """{"schema":"crm",""" + ProjectBed.Mapping.Trim()[1..]);
        var call = project.Calls.ShouldHaveSingleItem();
        (call.Header("apikey"), call.Header("Authorization"), call.Header("Accept-Profile")).ShouldBe((ProjectBed.Key, null, "crm"));
        call.Path.ShouldContain("and=(nr.in.(\"a,b\"))");
    }

    [Theory]
    [InlineData("")]
    [InlineData("sb_secret_naked")]
    [InlineData("""{"url":"https://abcdefghijklmnopqrst.supabase.co"}""")]
    [InlineData("""{"url":"http://abcdefghijklmnopqrst.supabase.co","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://abcdefghijklmnopqrst.supabase.co:8443","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://user@abcdefghijklmnopqrst.supabase.co","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://abcdefghijklmnopqrst.supabase.co.evil.example","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://a.b.supabase.co","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://evil.example/.supabase.co","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://127.0.0.1","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://169.254.169.254","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://localhost","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://①②⑦.0.0.1","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"file:///etc/passwd","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://abcdefghijklmnopqrst.supabase.co/rest/v1","key":"sb_secret_k"}""")]
    [InlineData("""{"url":"https://abcdefghijklmnopqrst.supabase.co","key":"sb_secret_k\r\nX-Other: 1"}""")]
    public void A_key_goes_to_supabase_alone(string secret)
    {
        using var project = new Stub(_ => Answer("[]", "application/json", 200));
        Should.Throw<FormatException>(() => project.Open(secret, "{}")).Message.ShouldNotContain("sb_secret");
    }

    [Theory]
    [InlineData("https://supabase.co", true)]
    [InlineData("http://127.0.0.1:54321", true)]
    [InlineData("http://127.0.0.1:54321/rest", false)]
    [InlineData("https://evil.example", false)]
    [InlineData("http://supabase.co", false)]
    public void The_address_in_the_settings_is_supabase_or_this_machine(string address, bool isAllowed)
    {
        using var project = new Stub(_ => Answer("[]", "application/json", 200), ("BaseAddress", address));
        void Validated() => _ = project.Services.GetRequiredService<IOptions<SupabaseProjectOptions>>().Value;
        if (isAllowed)
            Should.NotThrow(Validated);
        else
            Should.Throw<OptionsValidationException>(Validated);
    }

    [Fact]
    public void Neither_a_credential_nor_an_access_shows_its_key()
    {
        SupabaseProjectCredential.Parse(ProjectBed.Secret).ToString().ShouldNotContain(ProjectBed.Key);
        new SupabaseProjectAccess(new("https://abcdefghijklmnopqrst.supabase.co"), ProjectBed.Key, null).ToString().ShouldNotContain(ProjectBed.Key);
    }

    private static HttpResponseMessage Answer(string body, string type, int status) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)) };

    /// <summary>The connector over an API that answers what the test says. Nothing waits: the clock moves as soon as somebody waits for it.</summary>
    private sealed class Stub : IDisposable
    {
        private readonly ServiceProvider _services;

        public Stub(Func<Seen, HttpResponseMessage> answer, params (string Key, string Value)[] settings)
        {
            var configuration = new ConfigurationBuilder()
                .AddInMemoryCollection(settings.Select(row => KeyValuePair.Create("SupabaseProject:" + row.Key, (string?)row.Value))).Build();
            var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(Time).AddSupabaseProject(configuration);
            services.AddHttpClient(SupabaseProjectRegistration.ClientName).ConfigurePrimaryHttpMessageHandler(() => new Handler(answer, Calls));
            _services = services.BuildServiceProvider();
        }

        public WaitedClock Time { get; } = new(new DateTimeOffset(2026, 10, 1, 9, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(20));

        public List<Seen> Calls { get; } = [];

        public IServiceProvider Services => _services;

        public ICrmAccount Open(string secret = ProjectBed.Secret, string mapping = ProjectBed.Mapping) =>
            _services.GetRequiredService<ICrmConnector>().Of(mapping, StandardFields.Of).Open(ProjectBed.Tenant, secret, CallLane.Interactive);

        public Task<T> RunAsync<T>(Func<ICrmAccount, Task<T>> call, string mapping = ProjectBed.Mapping) => Time.RunAsync(call(Open(mapping: mapping)));

        public void Dispose() => _services.Dispose();
    }

    private sealed class Handler(Func<Seen, HttpResponseMessage> answer, List<Seen> calls) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var seen = new Seen(request.RequestUri!.Host, Uri.UnescapeDataString(request.RequestUri.PathAndQuery), request.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value)));
            lock (calls)
                calls.Add(seen);
            var response = answer(seen);
            response.RequestMessage = request;
            return Task.FromResult(response);
        }
    }

    private sealed record Seen(string Host, string Path, Dictionary<string, string> Headers)
    {
        public string? Header(string name) => Headers.GetValueOrDefault(name);
    }
}
