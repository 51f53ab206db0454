using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Notices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "crm_notices",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    dedupe_key = table.Column<string>(type: "text", nullable: false),
                    target = table.Column<string>(type: "text", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    address = table.Column<string>(type: "text", nullable: true),
                    secret_name = table.Column<string>(type: "text", nullable: true),
                    subject = table.Column<string>(type: "text", nullable: false),
                    body = table.Column<string>(type: "text", nullable: false),
                    payload = table.Column<string>(type: "text", nullable: true),
                    kind = table.Column<string>(type: "text", nullable: true),
                    record_id = table.Column<Guid>(type: "uuid", nullable: true),
                    cause = table.Column<string>(type: "text", nullable: false),
                    rule_id = table.Column<Guid>(type: "uuid", nullable: true),
                    event_id = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    gathered = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "false"),
                    mail_id = table.Column<Guid>(type: "uuid", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "'-infinity'"),
                    reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    sent_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_notices", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_notices_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_notices_status", "status in ('pending', 'sent', 'failed')");
                    table.CheckConstraint("ck_crm_notices_target", "target in ('owner', 'address', 'administrators', 'webhook')");
                });

            migrationBuilder.CreateIndex(
                name: "ix_crm_notices_due",
                schema: "public",
                table: "crm_notices",
                columns: new[] { "tenant_id", "due_at" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_notices_failed",
                schema: "public",
                table: "crm_notices",
                columns: new[] { "tenant_id", "id" },
                filter: "status = 'failed'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_notices_key",
                schema: "public",
                table: "crm_notices",
                columns: new[] { "tenant_id", "dedupe_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_crm_notices_record",
                schema: "public",
                table: "crm_notices",
                columns: new[] { "tenant_id", "record_id" },
                filter: "record_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_notices_sent",
                schema: "public",
                table: "crm_notices",
                columns: new[] { "tenant_id", "sent_at" },
                filter: "status = 'sent'");

            migrationBuilder.Run("Notices", "access.sql");
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("Notices", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Review", "owners.sql");
            migrationBuilder.Run("DryRuns", "erase.sql");
            migrationBuilder.Run("Review", "owners_back.sql");

            migrationBuilder.DropTable(
                name: "crm_notices",
                schema: "public");
        }
    }
}
