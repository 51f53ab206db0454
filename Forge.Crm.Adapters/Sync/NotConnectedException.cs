using Forge.Crm.Domain.Records;

namespace Forge.Crm;

/// <summary>The tenant has not connected the platform: call <see cref="ICrmSync.ConnectAsync"/> first.</summary>
public sealed class NotConnectedException(TenantId tenant, Platform platform)
    : InvalidOperationException($"Tenant {tenant} has not connected {platform}; connect it first.");
