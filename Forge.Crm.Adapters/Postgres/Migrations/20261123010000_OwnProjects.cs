using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class OwnProjects : Migration
    {
        private const string Before = "platform in ('supabase', 'hubspot', 'pipedrive')";
        private const string With = "platform in ('supabase', 'hubspot', 'pipedrive', 'supabase_project')";
        private const string Ranks = "platform_ranks @> array['supabase', 'hubspot', 'pipedrive']::text[] and array_ndims(platform_ranks) = 1 ";

        private static readonly string[] Tables =
        [
            "crm_conflict_records", "crm_connections", "crm_outbox", "crm_owners",
            "crm_rate_budgets", "crm_record_links", "crm_stages", "crm_sync_configs",
            "crm_sync_jobs", "crm_webhook_events", "crm_match_items", "crm_match_keys",
        ];

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Check(migrationBuilder, With);
            CheckRanks(migrationBuilder, Ranks + "and cardinality(platform_ranks) = 3 + (platform_ranks @> array['supabase_project']::text[])::int");
        }

        /// <summary>Refused while a tenant has a project connected: its links and history name it.</summary>
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            Check(migrationBuilder, Before);
            CheckRanks(migrationBuilder, Ranks + "and cardinality(platform_ranks) = 3");
        }

        private static void Check(MigrationBuilder migrationBuilder, string sql)
        {
            foreach (var table in Tables)
            {
                migrationBuilder.DropCheckConstraint(name: $"ck_{table}_platform", schema: "public", table: table);
                migrationBuilder.AddCheckConstraint(name: $"ck_{table}_platform", schema: "public", table: table, sql: sql);
            }
        }

        private static void CheckRanks(MigrationBuilder migrationBuilder, string sql)
        {
            migrationBuilder.DropCheckConstraint(name: "ck_crm_sync_configs_platform_ranks", schema: "public", table: "crm_sync_configs");
            migrationBuilder.AddCheckConstraint(
                name: "ck_crm_sync_configs_platform_ranks", schema: "public", table: "crm_sync_configs", sql: sql);
        }
    }
}
