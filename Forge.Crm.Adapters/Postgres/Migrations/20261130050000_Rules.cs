using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Rules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_webhook_events_platform",
                schema: "public",
                table: "crm_webhook_events");

            migrationBuilder.AddColumn<string[]>(
                name: "apps",
                schema: "public",
                table: "crm_tenants",
                type: "text[]",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<int>(
                name: "checked_version",
                schema: "public",
                table: "crm_automation_rules",
                type: "integer",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "failures",
                schema: "public",
                table: "crm_automation_rules",
                type: "integer",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<string[]>(
                name: "listens",
                schema: "public",
                table: "crm_automation_rules",
                type: "text[]",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<string>(
                name: "preset",
                schema: "public",
                table: "crm_automation_rules",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "warning",
                schema: "public",
                table: "crm_automation_rules",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "crm_rule_events",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    type = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: true),
                    record_id = table.Column<Guid>(type: "uuid", nullable: true),
                    audit_ids = table.Column<long[]>(type: "bigint[]", nullable: false, defaultValueSql: "'{}'"),
                    journal_id = table.Column<long>(type: "bigint", nullable: true),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: true),
                    occasion = table.Column<string>(type: "text", nullable: true),
                    depth = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    happened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    written_by = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    next_attempt_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_rule_events", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_rule_events_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_rule_events_status", "status in ('pending', 'done', 'failed', 'stopped')");
                    table.CheckConstraint("ck_crm_rule_events_type", "type in ('created', 'changed', 'deleted', 'restored', 'app', 'time')");
                });

            migrationBuilder.CreateTable(
                name: "crm_rule_runs",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    rule_version = table.Column<int>(type: "integer", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false),
                    actions = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'::jsonb"),
                    notes = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'"),
                    reason = table.Column<string>(type: "text", nullable: true),
                    records = table.Column<Guid[]>(type: "uuid[]", nullable: false, defaultValueSql: "'{}'"),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_rule_runs", x => new { x.tenant_id, x.rule_id, x.event_id });
                    table.CheckConstraint("ck_crm_rule_runs_status", "status in ('done', 'failed', 'stopped')");
                });

            migrationBuilder.CreateTable(
                name: "crm_rule_turns",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    turn = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_rule_turns", x => new { x.tenant_id, x.rule_id });
                });

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_webhook_events_platform",
                schema: "public",
                table: "crm_webhook_events",
                sql: "platform in ('supabase', 'hubspot', 'pipedrive', 'supabase_project', 'bidflow', 'folio', 'hephaitos')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_tenants_apps",
                schema: "public",
                table: "crm_tenants",
                sql: "apps <@ array['bidflow', 'folio', 'hephaitos']::text[]");

            migrationBuilder.CreateIndex(
                name: "ix_crm_automation_rules_preset",
                schema: "public",
                table: "crm_automation_rules",
                columns: new[] { "tenant_id", "preset" },
                unique: true,
                filter: "preset is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_automation_rules_unchecked",
                schema: "public",
                table: "crm_automation_rules",
                column: "tenant_id",
                filter: "checked_version is distinct from version");

            migrationBuilder.CreateIndex(
                name: "ix_crm_rule_events_occasion",
                schema: "public",
                table: "crm_rule_events",
                columns: new[] { "tenant_id", "occasion" },
                unique: true,
                filter: "occasion is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_rule_events_pending",
                schema: "public",
                table: "crm_rule_events",
                columns: new[] { "tenant_id", "id" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_rule_runs_record",
                schema: "public",
                table: "crm_rule_runs",
                columns: new[] { "tenant_id", "rule_id", "record_id", "at" });

            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Rules", "access.sql");
            migrationBuilder.Run("Rules", "capture.sql");
            migrationBuilder.Run("Rules", "hear.sql");
            migrationBuilder.Run("Rules", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Rules", "capture_back.sql");
            migrationBuilder.Run("Notices", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
            migrationBuilder.DropTable(
                name: "crm_rule_events",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_rule_runs",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_rule_turns",
                schema: "public");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_webhook_events_platform",
                schema: "public",
                table: "crm_webhook_events");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_tenants_apps",
                schema: "public",
                table: "crm_tenants");

            migrationBuilder.DropIndex(
                name: "ix_crm_automation_rules_preset",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropIndex(
                name: "ix_crm_automation_rules_unchecked",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropColumn(
                name: "apps",
                schema: "public",
                table: "crm_tenants");

            migrationBuilder.DropColumn(
                name: "checked_version",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropColumn(
                name: "failures",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropColumn(
                name: "listens",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropColumn(
                name: "preset",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.DropColumn(
                name: "warning",
                schema: "public",
                table: "crm_automation_rules");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_webhook_events_platform",
                schema: "public",
                table: "crm_webhook_events",
                sql: "platform in ('supabase', 'hubspot', 'pipedrive', 'supabase_project')");
        }
    }
}
