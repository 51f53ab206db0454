using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class PushOrder : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_crm_outbox_lane",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.AddColumn<bool>(
                name: "is_bulk",
                schema: "public",
                table: "crm_outbox",
                type: "boolean",
                nullable: false,
                computedColumnSql: "cause = 'job'",
                stored: true);

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_lane",
                schema: "public",
                table: "crm_outbox",
                columns: new[] { "tenant_id", "platform", "lane", "is_bulk", "queued_at" },
                filter: "status = 'pending'");

            migrationBuilder.Run("PushOrder", "grants.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_crm_outbox_lane",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.DropColumn(
                name: "is_bulk",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_lane",
                schema: "public",
                table: "crm_outbox",
                columns: new[] { "tenant_id", "platform", "lane", "queued_at" },
                filter: "status = 'pending'");
        }
    }
}
