using Forge.Crm.Domain.Records;
using Forge.Crm.Domain.Reports;

namespace Forge.Crm.Adapters.Reports;

/// <summary>One of the reports: a day's or a week's rows of a tenant, made of the history and the present.</summary>
internal interface IReport
{
    /// <summary>As the API and <c>crm_report_runs</c> call it.</summary>
    string Name { get; }

    /// <summary>How long a period is: 1 or 7 days.</summary>
    int Days { get; }

    /// <summary>The first day of the period that a day is in.</summary>
    DateOnly PeriodOf(DateOnly day);

    /// <summary>The instant that a period's rows are of, once it has passed; before, they are of the moment and taken again.</summary>
    /// <exception cref="FormatException">The tenant's settings cannot be read; the message names place and remedy.</exception>
    DateTimeOffset ClosesAt(TenantPast past, DateOnly period);

    /// <summary>Makes the period's rows anew and takes them for the old ones; where nothing differs, nothing is written.</summary>
    /// <param name="at">The instant that they are of.</param>
    /// <param name="now">Not before <paramref name="at"/>.</param>
    /// <returns>Rows that were written.</returns>
    /// <exception cref="FormatException">As of <see cref="ClosesAt"/>.</exception>
    Task<int> TakeAsync(TenantId tenant, TenantPast past, DateOnly period, DateTimeOffset at, DateTimeOffset now, CancellationToken ct);
}
