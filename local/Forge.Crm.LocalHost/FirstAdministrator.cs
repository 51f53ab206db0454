using System.Text.Json;
using Forge.Crm.Domain.Records;
using Npgsql;

namespace Forge.Crm.LocalHost;

/// <summary>
/// What makes a person the first administrator of a tenant: the <c>app_metadata</c> of a user of the Supabase project, which stands in every access
/// token of theirs from the next sign-in on.
/// </summary>
/// <param name="User">The id or the e-mail address.</param>
internal sealed record FirstAdministrator(TenantId Tenant, string User)
{
    private const string IsThere = "select to_regclass('auth.users') is not null";

    // Of an address there may be several users: one by password, others by single sign-on.
    private const string Select = "select id, raw_app_meta_data ->> 'tenant_id' from auth.users where ";

    private const string Rest = " limit 2 for update";

    private const string Update = "update auth.users set raw_app_meta_data = coalesce(raw_app_meta_data, '{}') || $2::jsonb where id = $1";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public string Metadata => JsonSerializer.Serialize(new { TenantId = Tenant.ToString(), CrmRole = "admin" }, Json);

    /// <summary>For whoever writes it by hand.</summary>
    public string Statement =>
        $"update auth.users set raw_app_meta_data = coalesce(raw_app_meta_data, '{"{}"}') || '{Metadata}' where {(IsId ? "id" : "email")} = '{User}';";

    private bool IsId => Guid.TryParseExact(User, "D", out _);

    /// <summary>Writes it. The same again changes nothing.</summary>
    /// <param name="connectionString">Of the database that has <c>auth.users</c>, as a role that may update it.</param>
    /// <returns>Null where it is written; else why not, for a person, with the remedy.</returns>
    public async Task<string?> WriteAsync(string connectionString, CancellationToken ct)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var connection = await source.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            if (!await IsThereAsync(connection, ct))
                return "The database of --users has no auth.users, so it is no Supabase project's: name the project's own, as postgres.";
            var found = await FindAsync(connection, ct);
            if (Problem(found) is { } problem)
                return problem;
            await using var update = new NpgsqlCommand(Update, connection) { Parameters = { new() { Value = found[0].Id }, new() { Value = Metadata } } };
            await update.ExecuteNonQueryAsync(ct);
            await transaction.CommitAsync(ct);
            return null;
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException)
        {
            return $"The database of --users does not take it: {e.Message}";
        }
    }

    private string? Problem(List<(Guid Id, string? Tenant)> found) => found switch
    {
        [] => $"There is no user {User} in auth.users: invite them in the project (Authentication, Users), and run this again.",
        [_, _, ..] => $"There are several users {User} in auth.users: run this again with the id of the one.",
        [{ Tenant: { } other }] when other != Tenant.ToString() => $"{User} belongs to tenant {other}, and a user has one tenant: name another user, or move this one by hand.",
        _ => null,
    };

    private static async Task<bool> IsThereAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(IsThere, connection);
        return await command.ExecuteScalarAsync(ct) is true;
    }

    private async Task<List<(Guid Id, string? Tenant)>> FindAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(IsId ? $"{Select}id = $1::uuid{Rest}" : $"{Select}lower(email) = lower($1){Rest}", connection) { Parameters = { new() { Value = User } } };
        await using var reader = await command.ExecuteReaderAsync(ct);
        var found = new List<(Guid, string?)>();
        while (await reader.ReadAsync(ct))
            found.Add((reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1)));
        return found;
    }
}
