using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Match : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_jobs_mode",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links");

            migrationBuilder.AddColumn<string[]>(
                name: "deal_match",
                schema: "public",
                table: "crm_sync_configs",
                type: "text[]",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<string>(
                name: "match_plan",
                schema: "public",
                table: "crm_sync_configs",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'::jsonb");

            migrationBuilder.AddColumn<string>(
                name: "match_state",
                schema: "public",
                table: "crm_sync_configs",
                type: "text",
                nullable: false,
                defaultValueSql: "'none'");

            migrationBuilder.CreateTable(
                name: "crm_match_items",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    side = table.Column<string>(type: "text", nullable: false),
                    remote_kind = table.Column<string>(type: "text", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: true),
                    label = table.Column<string>(type: "text", nullable: true),
                    keys = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{}'"),
                    @class = table.Column<string>(name: "class", type: "text", nullable: true),
                    matched_by = table.Column<string>(type: "text", nullable: true),
                    candidates = table.Column<Guid[]>(type: "uuid[]", nullable: false, defaultValueSql: "'{}'"),
                    twins = table.Column<Guid[]>(type: "uuid[]", nullable: false, defaultValueSql: "'{}'"),
                    decision = table.Column<string>(type: "text", nullable: true),
                    decided_with = table.Column<Guid>(type: "uuid", nullable: true),
                    decided_by = table.Column<string>(type: "text", nullable: true),
                    decided_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_match_items", x => new { x.tenant_id, x.platform, x.kind, x.id });
                    table.CheckConstraint("ck_crm_match_items_class", "class in ('matched', 'ambiguous', 'only_here', 'only_there')");
                    table.CheckConstraint("ck_crm_match_items_decision", "decision in ('join', 'new', 'out')");
                    table.CheckConstraint("ck_crm_match_items_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_match_items_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_match_items_remote_kind", "remote_kind in ('contact', 'company', 'deal', 'lead', 'call', 'email', 'meeting', 'note', 'task')");
                    table.CheckConstraint("ck_crm_match_items_side", "side in ('here', 'there')");
                });

            migrationBuilder.CreateTable(
                name: "crm_match_keys",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    side = table.Column<string>(type: "text", nullable: false),
                    item_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_match_keys", x => new { x.tenant_id, x.platform, x.kind, x.key, x.side, x.item_id });
                    table.CheckConstraint("ck_crm_match_keys_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_match_keys_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_match_keys_side", "side in ('here', 'there')");
                });

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_jobs_mode",
                schema: "public",
                table: "crm_sync_jobs",
                sql: "mode in ('initial', 'incremental', 'sweep', 'manual', 'match')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_deal_match",
                schema: "public",
                table: "crm_sync_configs",
                sql: "deal_match <@ array['name', 'company', 'amount', 'currency', 'close_date', 'deal_type', 'owner_id', 'status']::text[]");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_match_state",
                schema: "public",
                table: "crm_sync_configs",
                sql: "match_state in ('none', 'needed', 'ready', 'approved', 'settled')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links",
                sql: "state in ('live', 'deleted', 'merged', 'erased', 'creating', 'held', 'excluded', 'apart')");

            migrationBuilder.CreateIndex(
                name: "ix_crm_match_items_class",
                schema: "public",
                table: "crm_match_items",
                columns: new[] { "tenant_id", "platform", "kind", "class", "id" });

            migrationBuilder.Run("Match", "tables.sql");
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Match", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql", "erase.sql", "owners_back.sql");
            migrationBuilder.Run("Match", "held_back.sql");

            migrationBuilder.DropTable(
                name: "crm_match_items",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_match_keys",
                schema: "public");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_jobs_mode",
                schema: "public",
                table: "crm_sync_jobs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_deal_match",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_match_state",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links");

            migrationBuilder.DropColumn(
                name: "deal_match",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropColumn(
                name: "match_plan",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropColumn(
                name: "match_state",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_jobs_mode",
                schema: "public",
                table: "crm_sync_jobs",
                sql: "mode in ('initial', 'incremental', 'sweep', 'manual')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links",
                sql: "state in ('live', 'deleted', 'merged', 'erased', 'creating')");
        }
    }
}
