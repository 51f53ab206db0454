using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class DryRuns : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_crm_sync_jobs_unfinished",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.AddColumn<long>(
                name: "calls",
                schema: "public",
                table: "crm_sync_jobs",
                type: "bigint",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<bool>(
                name: "is_dry_run",
                schema: "public",
                table: "crm_sync_jobs",
                type: "boolean",
                nullable: false,
                defaultValueSql: "false");

            migrationBuilder.CreateTable(
                name: "crm_sync_plans",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    job_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    action = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    remote_kind = table.Column<string>(type: "text", nullable: true),
                    external_id = table.Column<string>(type: "text", nullable: true),
                    fields = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_sync_plans", x => new { x.tenant_id, x.job_id, x.platform, x.kind, x.action, x.record_id });
                    table.CheckConstraint("ck_crm_sync_plans_action", "action in ('create', 'update', 'delete', 'merge', 'restore', 'link', 'unlink', 'conflict', 'level')");
                    table.CheckConstraint("ck_crm_sync_plans_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_sync_plans_platform", "platform in ('supabase', 'hubspot', 'pipedrive', 'supabase_project')");
                    table.CheckConstraint("ck_crm_sync_plans_remote_kind", "remote_kind in ('contact', 'company', 'deal', 'lead', 'call', 'email', 'meeting', 'note', 'task')");
                });

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_jobs_unfinished",
                schema: "public",
                table: "crm_sync_jobs",
                columns: new[] { "tenant_id", "platform", "is_dry_run" },
                unique: true,
                filter: "state in ('queued', 'running', 'paused')");

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_plans_detailed",
                schema: "public",
                table: "crm_sync_plans",
                columns: new[] { "tenant_id", "job_id", "platform", "kind", "action" },
                filter: "fields is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_plans_record",
                schema: "public",
                table: "crm_sync_plans",
                columns: new[] { "tenant_id", "record_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_plans_remote",
                schema: "public",
                table: "crm_sync_plans",
                columns: new[] { "tenant_id", "remote_kind", "external_id" });

            migrationBuilder.Run("DryRuns", "access.sql");
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("DryRuns", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Match", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
            migrationBuilder.Run("DryRuns", "jobs_back.sql");

            migrationBuilder.DropTable(
                name: "crm_sync_plans",
                schema: "public");

            migrationBuilder.DropIndex(
                name: "ix_crm_sync_jobs_unfinished",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.DropColumn(
                name: "calls",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.DropColumn(
                name: "is_dry_run",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_jobs_unfinished",
                schema: "public",
                table: "crm_sync_jobs",
                columns: new[] { "tenant_id", "platform" },
                unique: true,
                filter: "state in ('queued', 'running', 'paused')");
        }
    }
}
