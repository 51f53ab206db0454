using System.Globalization;
using System.Net;
using Forge.Crm.Adapters.Supabase;
using Forge.Crm.Domain.Records;
using Forge.Crm.LocalHost.Supabase;
using Forge.Crm.Tests.PostgreSql;
using Forge.Crm.Tests.Writing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Forge.Crm.Tests.SupabaseProject;

/// <summary>The adapter over a project whose tables have a column for every field and a foreign key for every association.</summary>
internal sealed class ProjectWriterBed : WriterBed
{
    private static readonly RemoteKind[] Activities = [RemoteKind.Call, RemoteKind.Email, RemoteKind.Meeting, RemoteKind.Note, RemoteKind.Task];

    private SupabaseSimulator? _simulator;

    public ProjectWriterBed() => Mapping = $$"""
        {
          {{string.Join(",\n", SupabaseProjectFields.Kinds.Select(Table))}},
          "owners": { "table": "staff", "email": "mail" },
          "stages": [ { "id": "new", "pipeline": "Sales" }, { "id": "won", "pipeline": "Sales", "status": "won" } ]
        }
        """;

    public SupabaseSimulator Simulator => _simulator!;

    public override string Token => ProjectBed.Key;

    public override string Secret => ProjectBed.Secret;

    public override string ContactsPath => "/rest/v1/contact";

    public override string UnknownId => "999999999";

    public override bool Merges => false;

    public override string AnswerOfMoved => "[]";

    public override (string Property, string Value, string Named) Refused => ("lead_value", "987654321 or so", "a value of lead_value is no numeric (22P02)");

    public override string AddContact(string email, string firstName, string phone) =>
        Scalar<long>($"insert into contact (email, first_name, phone) values ('{email}', '{firstName}', '{phone}') returning id").ToString(CultureInfo.InvariantCulture);

    public override int Count(RemoteKind kind) => (int)Scalar<long>($"select count(*) from {kind.ToName()} where deleted_at is null");

    public override int Requests(Func<string, bool> isOfPath) => Simulator.Ledger.Entries.Count(request => isOfPath(request.Path));

    /// <summary>There is no index that could be behind.</summary>
    public override void StopIndexing()
    {
    }

    /// <summary>Every attempt's answer: a creation that carries our id is repeated, and made once.</summary>
    public override void LoseNextCreation(RemoteKind kind) =>
        Simulator.Faults.FailNext($"/rest/v1/{kind.ToName()}", new() { Method = "POST", DropConnection = true, AfterWork = true }, times: 10);

    public override void AnswerNextUpdate(RemoteKind kind, HttpStatusCode status, string body, string contentType, int? retryAfter = null, bool afterWork = false) =>
        Simulator.Faults.FailNext($"/rest/v1/{kind.ToName()}", new()
        {
            Method = "PATCH",
            Status = (int)status,
            Body = body,
            ContentType = contentType,
            AfterWork = afterWork,
            Headers = retryAfter is { } seconds ? new() { ["Retry-After"] = seconds.ToString(CultureInfo.InvariantCulture) } : [],
        });

    protected override async Task<IServiceCollection> SetUpAsync(IServiceCollection services)
    {
        var database = await PostgresFixture.FromTemplateAsync("project-writer", MakeAsync);
        _simulator = await SupabaseSimulator.StartAsync(new() { ConnectionString = database, Key = Token }, CancellationToken.None);
        return services.AddSupabaseProject(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["SupabaseProject:BaseAddress"] = Simulator.BaseAddress.ToString(),
            ["SupabaseProject:CallsPerSecond"] = "10000",
        }).Build());
    }

    protected override ValueTask StopAsync() => Simulator.DisposeAsync();

    public T Scalar<T>(string sql)
    {
        using var command = Simulator.Database.CreateCommand(sql);
        return (T)command.ExecuteScalar()!;
    }

    private static string Table(RemoteKind kind) => $$"""
        "{{kind.ToName()}}": {
          "table": "{{kind.ToName()}}", "deleted_at": "deleted_at", "forge_sync_id": "forge_sync_id",
          "fields": { {{string.Join(", ", Fields(kind).Select(field => $"\"{field.Name}\": \"{field.Name}{(field.Type == FieldType.Set ? "[]" : "")}\""))}} },
          "links": { {{string.Join(", ", AssociationKinds.From(kind).Select(to => $"\"{to.ToName()}\": \"{to.ToName()}\""))}} }
        }
        """;

    private static IEnumerable<Field> Fields(RemoteKind kind) =>
        StandardFields.Of(kind.ToRecordKind()).Fields.Where(field => field.Name != SupabaseProjectFields.KindField || !Activities.Contains(kind) || kind == RemoteKind.Task);

    private static string TypeOf(Field field) => field.Name == "lead_value" ? "numeric" : field.Type == FieldType.Set ? "text[]" : "text";

    private static async Task MakeAsync(string connectionString)
    {
        var tables = SupabaseProjectFields.Kinds.Select(kind => $"""
            create table {kind.ToName()} (
                id bigint generated always as identity primary key, updated_at timestamptz not null default clock_timestamp(), deleted_at timestamptz,
                forge_sync_id uuid unique
                {string.Concat(Fields(kind).Select(field => $", {field.Name} {TypeOf(field)}"))}
                {string.Concat(AssociationKinds.From(kind).Select(to => $", {to.ToName()} bigint references {to.ToName()}"))});
            create trigger touch before insert or update on {kind.ToName()} for each row execute function touch();
            """);
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand($"""
            create function touch() returns trigger language plpgsql as $$ begin new.updated_at := clock_timestamp(); return new; end $$;
            create table staff (id text primary key, mail text);
            insert into staff values ('ann', 'ann@acme.example');
            {string.Join('\n', tables)}
            """);
        await command.ExecuteNonQueryAsync();
    }
}
