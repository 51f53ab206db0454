using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Pushes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_crm_outbox_waiting",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "touched_at",
                schema: "public",
                table: "crm_outbox",
                type: "timestamp with time zone",
                nullable: false,
                defaultValueSql: "clock_timestamp()");

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_failed",
                schema: "public",
                table: "crm_outbox",
                columns: new[] { "tenant_id", "platform", "kind", "record_id" },
                filter: "status = 'failed'");

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Pushes", "capture.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "capture.sql");
            migrationBuilder.Run("Review", "owners_back.sql");

            migrationBuilder.DropIndex(
                name: "ix_crm_outbox_failed",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.DropColumn(
                name: "touched_at",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_waiting",
                schema: "public",
                table: "crm_outbox",
                column: "queued_at",
                filter: "status = 'pending'");
        }
    }
}
