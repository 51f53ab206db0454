using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Review : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "ranks.sql");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_audit_log_action",
                schema: "public",
                table: "crm_audit_log");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_audit_log_action",
                schema: "public",
                table: "crm_audit_log",
                sql: "action in ('create', 'set', 'lost', 'held', 'delete', 'restore', 'merge', 'unmerge', 'associate', 'dissociate', 'erase', 'configure')");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_platform_ranks",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links");

            migrationBuilder.AddColumn<string>(
                name: "pushed",
                schema: "public",
                table: "crm_record_links",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "reason",
                schema: "public",
                table: "crm_conflict_records",
                type: "text",
                nullable: false,
                defaultValueSql: "'review'");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_platform_ranks",
                schema: "public",
                table: "crm_sync_configs",
                sql: "platform_ranks @> array['supabase', 'hubspot', 'pipedrive']::text[] and array_ndims(platform_ranks) = 1 and cardinality(platform_ranks) = 3");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links",
                sql: "state in ('live', 'deleted', 'merged', 'erased', 'creating')");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_conflict_records_reason",
                schema: "public",
                table: "crm_conflict_records",
                sql: "reason in ('review', 'normal_forms')");

            migrationBuilder.Run("Review", "owners.sql", "erase.sql", "history.sql", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Initial", "erase.sql", "history.sql");
            migrationBuilder.Run("Review", "owners_back.sql");

            migrationBuilder.Run("Review", "held_back.sql");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_audit_log_action",
                schema: "public",
                table: "crm_audit_log");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_audit_log_action",
                schema: "public",
                table: "crm_audit_log",
                sql: "action in ('create', 'set', 'lost', 'delete', 'restore', 'merge', 'unmerge', 'associate', 'dissociate', 'erase', 'configure')");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_sync_configs_platform_ranks",
                schema: "public",
                table: "crm_sync_configs");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links");

            migrationBuilder.DropCheckConstraint(
                name: "ck_crm_conflict_records_reason",
                schema: "public",
                table: "crm_conflict_records");

            migrationBuilder.DropColumn(
                name: "pushed",
                schema: "public",
                table: "crm_record_links");

            migrationBuilder.DropColumn(
                name: "reason",
                schema: "public",
                table: "crm_conflict_records");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_platform_ranks",
                schema: "public",
                table: "crm_sync_configs",
                sql: "platform_ranks <@ array['supabase', 'hubspot', 'pipedrive']::text[]");

            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_record_links_state",
                schema: "public",
                table: "crm_record_links",
                sql: "state in ('live', 'deleted', 'merged', 'erased')");
        }
    }
}
