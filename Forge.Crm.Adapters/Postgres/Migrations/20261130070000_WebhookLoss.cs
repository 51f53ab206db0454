using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class WebhookLoss : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "sweep_wanted_at",
                schema: "public",
                table: "crm_sync_configs",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("WebhookLoss", "history.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("WebhookLoss", "history_back.sql");
            migrationBuilder.Run("Review", "owners_back.sql");

            migrationBuilder.DropColumn(
                name: "sweep_wanted_at",
                schema: "public",
                table: "crm_sync_configs");
        }
    }
}
