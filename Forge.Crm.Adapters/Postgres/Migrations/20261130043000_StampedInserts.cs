using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class StampedInserts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("StampedInserts", "triggers.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "triggers.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }
    }
}
