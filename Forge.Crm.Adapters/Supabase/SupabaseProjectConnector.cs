using System.Collections.Immutable;
using Forge.Crm.Domain.Events;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.Options;

namespace Forge.Crm.Adapters.Supabase;

/// <param name="mapping">Of one tenant; none for the connector that is registered, which can only open an account to connect it.</param>
internal sealed class SupabaseProjectConnector(
    ISupabaseProjectApi api, IOptions<SupabaseProjectOptions> options, TimeProvider time, SupabaseProjectMapping mapping) : ICrmConnector
{
    public Platform Platform => Platform.SupabaseProject;

    public IReadOnlyList<RemoteKind> Kinds { get; } = [.. SupabaseProjectFields.Kinds.Where(kind => mapping.Tables.Any(table => table.Kind == kind))];

    public ICrmConnector Of(string document, Func<RecordKind, RecordShape> shapeOf) =>
        new SupabaseProjectConnector(api, options, time, SupabaseProjectDocument.Read(document, shapeOf));

    public ChangeEvent ReadEvent(ReadOnlyMemory<byte> raw, DateTimeOffset receivedAt) => SupabaseProjectWebhook.Read(raw, receivedAt, mapping).Event;

    public RecordMapper MapperOf(RemoteKind kind, RecordShape shape) => SupabaseProjectFields.MapperOf(mapping.Of(kind), shape);

    /// <summary>Those that a column leads to: an association without one is the hub's and the other platforms' alone, like a field without one.</summary>
    public ImmutableArray<RemoteKind> LinksOf(RemoteKind kind) => [.. mapping.Of(kind).Links.Select(link => link.Key)];

    public ICrmAccount Open(TenantId tenant, string secret, CallLane lane)
    {
        var (caller, reference) = Caller(tenant, secret, lane);
        return new SupabaseProjectAccount(caller, reference, mapping, time);
    }

    /// <summary>Holds the mapping against the tenant's project.</summary>
    /// <exception cref="FormatException">It does not fit; the message names the place and the remedy.</exception>
    /// <exception cref="CrmCallException">The project could not be asked.</exception>
    public async Task CheckAsync(TenantId tenant, string secret, bool isWritten, CancellationToken ct)
    {
        var (caller, _) = Caller(tenant, secret, CallLane.Interactive);
        SupabaseProjectCheck.Check(mapping, SupabaseProjectDescription.Read(await caller.DescribeAsync(ct)), isWritten);
        foreach (var table in isWritten ? mapping.Tables : [])
            await new SupabaseProjectProbe(caller).RunAsync(table, ct);
    }

    private (SupabaseProjectCaller Caller, string Reference) Caller(TenantId tenant, string secret, CallLane lane)
    {
        var credential = SupabaseProjectCredential.Parse(secret);
        var host = options.Value.BaseAddress.IsLoopback ? options.Value.BaseAddress : credential.Url;
        return (new(api, new(host, credential.Key, mapping.Schema), tenant, lane), SupabaseProjectHosts.ReferenceOf(credential.Url)!);
    }
}
