using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class HubSpotLeads : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "crm_hubspot_leads",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: false),
                    event_id = table.Column<long>(type: "bigint", nullable: false),
                    place = table.Column<int>(type: "integer", nullable: false),
                    contact_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    sent_to = table.Column<string>(type: "text", nullable: true),
                    lead_id = table.Column<string>(type: "text", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "'-infinity'"),
                    reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_hubspot_leads", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_hubspot_leads_status", "status in ('pending', 'made', 'none', 'failed', 'erased')");
                });

            migrationBuilder.CreateIndex(
                name: "ix_crm_hubspot_leads_contact",
                schema: "public",
                table: "crm_hubspot_leads",
                columns: new[] { "tenant_id", "contact_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_hubspot_leads_due",
                schema: "public",
                table: "crm_hubspot_leads",
                columns: new[] { "tenant_id", "due_at" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_hubspot_leads_key",
                schema: "public",
                table: "crm_hubspot_leads",
                columns: new[] { "tenant_id", "rule_id", "event_id", "place" },
                unique: true);

            migrationBuilder.Run("HubSpotLeads", "access.sql");
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("HubSpotLeads", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Rules", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");

            migrationBuilder.DropTable(
                name: "crm_hubspot_leads",
                schema: "public");
        }
    }
}
