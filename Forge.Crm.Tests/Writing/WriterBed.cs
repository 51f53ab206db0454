using System.Net;
using Forge.Crm.Domain.Mapping;
using Forge.Crm.Domain.Ports;
using Forge.Crm.Domain.Records;
using Microsoft.Extensions.DependencyInjection;

namespace Forge.Crm.Tests.Writing;

/// <summary>A platform's adapter over a simulator of its own, in real time, and what people see of it in the platform's own pages.</summary>
public abstract class WriterBed : IAsyncDisposable
{
    private ServiceProvider? _services;

    internal static TenantId Tenant { get; } = new(Guid.NewGuid());

    public ICrmConnector Connector => _services!.GetRequiredService<ICrmConnector>().Of(Mapping, ShapeOf);

    public ICrmAccount Account => Connector.Open(Tenant, Secret, CallLane.Webhook);

    public ICrmWriter Writer => (ICrmWriter)Account;

    public Func<RecordKind, RecordShape> ShapeOf { get; set; } = StandardFields.Of;

    /// <summary>The tenant's own fields, as they are stored.</summary>
    public string Mapping { get; set; } = "{}";

    public abstract string Secret { get; }

    /// <summary>What no error may show.</summary>
    public abstract string Token { get; }

    public abstract string UnknownId { get; }

    /// <summary>Of the call that updates a contact.</summary>
    public abstract string ContactsPath { get; }

    /// <summary>False where the platform refuses every merge.</summary>
    public virtual bool Merges => true;

    /// <summary>What the platform answers to an update where no record was as it had been looked at: no error. Null where it has no such answer.</summary>
    public virtual string? AnswerOfMoved => null;

    /// <summary>A property of contacts, a value that it does not take, and the word of it that a reason names.</summary>
    public abstract (string Property, string Value, string Named) Refused { get; }

    public async Task StartAsync() => _services = (await SetUpAsync(new ServiceCollection().AddLogging())).BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        await _services!.DisposeAsync();
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Owners, stages, that every value of a mapping has a counterpart.</summary>
    public async Task<Lookups> LookupsAsync()
    {
        var owners = (await Account.ReadOwnersAsync(default)).Select((owner, i) => new Owner(owner.Id, new Guid(i + 1, 1, 0, new byte[8]), owner.Email, owner.Name, true));
        var stages = (await Account.ReadStagesAsync(default)).Select((stage, i) => new Stage(
            stage.PipelineId, stage.Id, new Guid(int.Abs(stage.PipelineId.GetHashCode(StringComparison.Ordinal)), 2, 0, new byte[8]), new Guid(i + 1, 3, 0, new byte[8]),
            stage.Pipeline, stage.Label, stage.Position, stage.Probability, stage.Status, false));
        return new(TenantLocale.Default, owners, stages);
    }

    public RecordMapper MapperOf(RemoteKind kind) => Connector.MapperOf(kind, ShapeOf(kind.ToRecordKind()));

    /// <summary>Canonical values by the hub's names, as the platform's properties.</summary>
    public IReadOnlyDictionary<string, string?> Properties(RemoteKind kind, Lookups lookups, params (string Field, string? Value)[] values)
    {
        var shape = ShapeOf(kind.ToRecordKind());
        var all = new string?[shape.Count];
        foreach (var (field, value) in values)
            all[shape.IndexOf(field)] = value;
        return MapperOf(kind).Write([.. all], i => values.Any(value => value.Field == shape.Fields[i].Name), lookups);
    }

    public IReadOnlyDictionary<string, string?> Contact(params (string Field, string? Value)[] values) =>
        Properties(RemoteKind.Contact, Lookups.None(TenantLocale.Default), values);

    /// <summary>The hub's values of what the platform shows.</summary>
    public Dictionary<string, string?> Values(RemoteSnapshot snapshot, Lookups? lookups = null)
    {
        var shape = ShapeOf(snapshot.Ref.Kind.ToRecordKind());
        var fields = MapperOf(snapshot.Ref.Kind).Read(
            snapshot.Properties.GetValueOrDefault, (_, _) => new(DateTimeOffset.UnixEpoch, Connector.Platform), lookups ?? Lookups.None(TenantLocale.Default));
        return shape.Fields.Select((field, i) => (field.Name, fields[i].Value)).ToDictionary(row => row.Name, row => row.Value);
    }

    /// <summary>A contact that a person made.</summary>
    public abstract string AddContact(string email, string firstName, string phone);

    public abstract int Count(RemoteKind kind);

    public abstract int Requests(Func<string, bool> isOfPath);

    /// <summary>The search knows nothing of what is written from now on.</summary>
    public abstract void StopIndexing();

    /// <summary>The next creation is carried out, and its answer lost.</summary>
    public abstract void LoseNextCreation(RemoteKind kind);

    /// <param name="afterWork">Whether the request is carried out before it is answered so.</param>
    public abstract void AnswerNextUpdate(RemoteKind kind, HttpStatusCode status, string body, string contentType, int? retryAfter = null, bool afterWork = false);

    protected abstract Task<IServiceCollection> SetUpAsync(IServiceCollection services);

    protected abstract ValueTask StopAsync();
}
