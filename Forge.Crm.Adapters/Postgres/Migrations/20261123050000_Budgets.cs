using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Budgets : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "filled_at",
                schema: "public",
                table: "crm_rate_budgets",
                type: "timestamp with time zone",
                nullable: false,
                defaultValueSql: "clock_timestamp()");

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "resets_at",
                schema: "public",
                table: "crm_rate_budgets",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "zone",
                schema: "public",
                table: "crm_rate_budgets",
                type: "text",
                nullable: true);

            // Buckets are opened anew, in the shape of today.
            migrationBuilder.Sql("truncate public.crm_rate_budgets;");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("truncate public.crm_rate_budgets;");

            migrationBuilder.DropColumn(
                name: "filled_at",
                schema: "public",
                table: "crm_rate_budgets");

            migrationBuilder.DropColumn(
                name: "resets_at",
                schema: "public",
                table: "crm_rate_budgets");

            migrationBuilder.DropColumn(
                name: "zone",
                schema: "public",
                table: "crm_rate_budgets");
        }
    }
}
