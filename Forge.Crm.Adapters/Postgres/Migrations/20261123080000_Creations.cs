using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Creations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_crm_record_links_creating",
                schema: "public",
                table: "crm_record_links",
                columns: new[] { "tenant_id", "platform", "remote_kind" },
                filter: "state = 'creating'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_crm_record_links_creating",
                schema: "public",
                table: "crm_record_links");
        }
    }
}
