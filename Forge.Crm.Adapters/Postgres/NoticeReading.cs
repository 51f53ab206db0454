using Forge.Crm.Domain.Notices;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.Adapters.Postgres;

/// <summary>What a claim reads, in one round trip, before it decides.</summary>
internal sealed class NoticeReading
{
    private readonly List<(NoticeTarget To, DateTimeOffset At)> _mailed = [];
    private readonly Dictionary<NoticeTarget, DateTimeOffset> _gathering = [];

    public List<QueuedNotice> Rows { get; } = [];

    /// <summary>Its name; null where the tenant is not active, and hears nothing.</summary>
    public string? Tenant { get; private set; }

    public TimeZoneInfo Zone { get; private set; } = TimeZoneInfo.Utc;

    public NoticeSettings Settings { get; private set; } = NoticeSettings.Default;

    public MailHistory History => new(_mailed.ToLookup(mail => mail.To, mail => mail.At), _gathering);

    public IReadOnlyList<(NpgsqlBatchCommand Command, Action<NpgsqlDataReader> Row)> Commands(TenantId tenant, DateTimeOffset now, TimeSpan past, int max) =>
    [
        (Sql.Command(NoticeSql.Lock, Sql.Text(tenant.ToString())), _ => { }),
        (Sql.Command(NoticeSql.Tenant, Sql.Value(tenant.Value)), ReadTenant),
        (Sql.Command(NoticeSql.Due, Sql.Value(tenant.Value), Sql.Time(now), Sql.Value(max)), row => Rows.Add(ReadNotice(row))),
        (Sql.Command(NoticeSql.Mailed, Sql.Value(tenant.Value), Sql.Time(now), Sql.Time(now - past)), row => _mailed.Add((ReadTarget(row), TimeOf(row, 3)))),
        (Sql.Command(NoticeSql.Gathering, Sql.Value(tenant.Value)), row => _gathering[ReadTarget(row)] = TimeOf(row, 3)),
    ];

    private void ReadTenant(NpgsqlDataReader row)
    {
        Tenant = row.GetString(0);
        Zone = TimeZoneInfo.TryFindSystemTimeZoneById(row.GetString(1), out var known) ? known : TimeZoneInfo.Utc;
        Settings = NoticeSettings.Read(Text(row, 2)).Settings;
    }

    private static QueuedNotice ReadNotice(NpgsqlDataReader row) => new(
        row.GetGuid(0), new NoticeForm(row.GetString(1), Id(row, 2), Text(row, 3), Text(row, 4), Text(row, 5)).ToTarget(),
        new(row.GetString(6), row.GetString(7), TimeOf(row, 8), Id(row, 10) is { } record ? new(Names.Parse<RecordKind>(row.GetString(9)), record) : null),
        row.GetBoolean(11), Id(row, 12), row.GetInt32(13), Text(row, 14), Text(row, 15));

    private static NoticeTarget ReadTarget(NpgsqlDataReader row) => new NoticeForm(row.GetString(0), Id(row, 1), Text(row, 2)).ToTarget();

    private static DateTimeOffset TimeOf(NpgsqlDataReader row, int column) => row.GetFieldValue<DateTimeOffset>(column);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static Guid? Id(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);
}
