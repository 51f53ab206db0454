using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Archive : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "archived_at",
                schema: "public",
                table: "crm_tasks",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "archived_at",
                schema: "public",
                table: "crm_deals",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "archived_at",
                schema: "public",
                table: "crm_contacts",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "archived_at",
                schema: "public",
                table: "crm_companies",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "archived_at",
                schema: "public",
                table: "crm_activities",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "captured.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
            migrationBuilder.Run("Archive", "grants.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "archived_at",
                schema: "public",
                table: "crm_tasks");

            migrationBuilder.DropColumn(
                name: "archived_at",
                schema: "public",
                table: "crm_deals");

            migrationBuilder.DropColumn(
                name: "archived_at",
                schema: "public",
                table: "crm_contacts");

            migrationBuilder.DropColumn(
                name: "archived_at",
                schema: "public",
                table: "crm_companies");

            migrationBuilder.DropColumn(
                name: "archived_at",
                schema: "public",
                table: "crm_activities");

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "captured.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }
    }
}
