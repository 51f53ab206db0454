namespace Forge.Crm.Domain.Records;

/// <summary>A customer of ours. Comes from a verified identity (signed account, secret path, token), never from a request's body.</summary>
public readonly record struct TenantId(Guid Value)
{
    public override string ToString() => Value.ToString();
}
