using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Senders : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "from_email",
                schema: "public",
                table: "crm_activities",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "from_name",
                schema: "public",
                table: "crm_activities",
                type: "text",
                nullable: true);

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "captured.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
            migrationBuilder.Run("Senders", "grants.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "from_email",
                schema: "public",
                table: "crm_activities");

            migrationBuilder.DropColumn(
                name: "from_name",
                schema: "public",
                table: "crm_activities");

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "captured.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }
    }
}
