using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class GuardAndErasures : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_outbox_status",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.AddColumn<int>(
                name: "delete_limit",
                schema: "public",
                table: "crm_sync_configs",
                type: "integer",
                nullable: false,
                defaultValueSql: "25");

            migrationBuilder.AddColumn<int>(
                name: "delete_percent",
                schema: "public",
                table: "crm_sync_configs",
                type: "integer",
                nullable: false,
                defaultValueSql: "2");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "approved_at",
                schema: "public",
                table: "crm_outbox",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "crm_deletions",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_deletions", x => new { x.tenant_id, x.platform, x.kind, x.record_id });
                    table.CheckConstraint("ck_crm_deletions_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_deletions_platform", "platform in ('supabase', 'hubspot', 'pipedrive', 'supabase_project')");
                });

            migrationBuilder.CreateTable(
                name: "crm_erasures",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    requested_by = table.Column<string>(type: "text", nullable: true),
                    erased_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    salt = table.Column<string>(type: "text", nullable: false),
                    keys = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'"),
                    targets = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_erasures", x => new { x.tenant_id, x.kind, x.record_id });
                    table.CheckConstraint("ck_crm_erasures_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_erasures_source", "source in ('supabase', 'hubspot', 'pipedrive', 'supabase_project')");
                });

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_delete_limit",
                schema: "public",
                table: "crm_sync_configs",
                sql: "delete_limit between 0 and 1000000");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_delete_percent",
                schema: "public",
                table: "crm_sync_configs",
                sql: "delete_percent between 0 and 100");

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_held",
                schema: "public",
                table: "crm_outbox",
                columns: new[] { "tenant_id", "platform", "kind", "record_id" },
                filter: "status = 'held'");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_outbox_status",
                schema: "public",
                table: "crm_outbox",
                sql: "status in ('pending', 'failed', 'held')");

            migrationBuilder.Run("GuardAndErasures", "access.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "crm_deletions",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_erasures",
                schema: "public");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_delete_limit",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_delete_percent",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropIndex(
                name: "ix_crm_outbox_held",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_outbox_status",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.DropColumn(
                name: "delete_limit",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropColumn(
                name: "delete_percent",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropColumn(
                name: "approved_at",
                schema: "public",
                table: "crm_outbox");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_outbox_status",
                schema: "public",
                table: "crm_outbox",
                sql: "status in ('pending', 'failed')");
        }
    }
}
