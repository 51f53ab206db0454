namespace Forge.Crm.Domain.Ports;

/// <summary>
/// An account of a platform that can keep leads beside its contacts, as records of their own; the same object is its <see cref="ICrmAccount"/>. They are
/// not synced: a lead is made there once, and belongs to the people there from then on. <see cref="ICrmWriter.EraseAsync"/> takes it away.
/// </summary>
public interface ICrmLeads
{
    /// <summary>Whether this account has leads, and lets us see them. Asked of the platform now and then.</summary>
    Task<bool> HasLeadsAsync(CancellationToken ct);

    /// <summary>A contact's live leads; none where there is no such contact.</summary>
    Task<IReadOnlyList<RemoteLead>> LeadsOfAsync(string contact, CancellationToken ct);

    /// <summary>Not sent again where no answer came: the caller looks whether it is there.</summary>
    Task<LeadAnswer> CreateLeadAsync(string contact, string name, CancellationToken ct);
}

public sealed record RemoteLead(string Id, string? Name);

/// <param name="Id">Null where the platform will never take it.</param>
/// <param name="Refusal">Why, for a person; holds no personal data.</param>
public sealed record LeadAnswer(string? Id, string? Refusal = null);
