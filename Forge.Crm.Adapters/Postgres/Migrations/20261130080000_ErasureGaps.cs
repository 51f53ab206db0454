using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class ErasureGaps : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("ErasureGaps", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("HubSpotLeads", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }
    }
}
