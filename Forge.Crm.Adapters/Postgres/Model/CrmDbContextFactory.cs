using Microsoft.EntityFrameworkCore.Design;

namespace Forge.Crm.Adapters.Postgres.Model;

/// <summary>Lets <c>dotnet ef migrations add</c> read the model; it opens no connection.</summary>
internal sealed class CrmDbContextFactory : IDesignTimeDbContextFactory<CrmDbContext>
{
    /// <inheritdoc />
    public CrmDbContext CreateDbContext(string[] args) => new(CrmDbContext.OptionsFor("Host=localhost;Database=design"));
}
