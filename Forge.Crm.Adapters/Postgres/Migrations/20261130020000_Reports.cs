using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Reports : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AlterColumn<decimal>(
                name: "won",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(28,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "weighted_total",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(28,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "upside",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(28,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "pipeline",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(28,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "committed",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(28,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AddColumn<int>(
                name: "deals_without_amount",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "integer",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "weighted_value",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "numeric(28,4)",
                nullable: false,
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)");

            migrationBuilder.AlterColumn<decimal>(
                name: "total_value",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "numeric(28,4)",
                nullable: false,
                oldClrType: typeof(decimal),
                oldType: "numeric(19,4)");

            migrationBuilder.AddColumn<int>(
                name: "deals_negative",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "integer",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<int>(
                name: "deals_without_amount",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "integer",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.AddColumn<int>(
                name: "deals_without_close_date",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "integer",
                nullable: false,
                defaultValueSql: "0");

            migrationBuilder.CreateTable(
                name: "crm_pipeline_owner_snapshots",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    snapshot_date = table.Column<DateOnly>(type: "date", nullable: false),
                    pipeline_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stage_id = table.Column<Guid>(type: "uuid", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    deal_count = table.Column<int>(type: "integer", nullable: false),
                    total_value = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    weighted_value = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    average_days_in_stage = table.Column<decimal>(type: "numeric(9,2)", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_pipeline_owner_snapshots", x => new { x.tenant_id, x.snapshot_date, x.pipeline_id, x.stage_id, x.currency, x.owner_id });
                });

            migrationBuilder.CreateTable(
                name: "crm_report_runs",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    report = table.Column<string>(type: "text", nullable: false),
                    taken_through = table.Column<DateOnly>(type: "date", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_report_runs", x => new { x.tenant_id, x.report });
                    table.CheckConstraint("ck_crm_report_runs_report", "report in ('pipeline', 'activities', 'forecast')");
                });

            migrationBuilder.CreateTable(
                name: "crm_revenue_forecast_gaps",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    as_of = table.Column<DateOnly>(type: "date", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    without_close_date = table.Column<int>(type: "integer", nullable: false),
                    value_without_close_date = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    overdue = table.Column<int>(type: "integer", nullable: false),
                    overdue_value = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    later = table.Column<int>(type: "integer", nullable: false),
                    later_value = table.Column<decimal>(type: "numeric(28,4)", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_revenue_forecast_gaps", x => new { x.tenant_id, x.as_of, x.currency });
                });

            migrationBuilder.CreateTable(
                name: "crm_revenue_forecast_history",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    as_of = table.Column<DateOnly>(type: "date", nullable: false),
                    forecast_month = table.Column<DateOnly>(type: "date", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    committed = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    upside = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    pipeline = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    weighted_total = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    won = table.Column<decimal>(type: "numeric(28,4)", nullable: false),
                    deal_count = table.Column<int>(type: "integer", nullable: false),
                    deals_without_amount = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    won_total = table.Column<decimal>(type: "numeric(28,4)", nullable: true),
                    accuracy = table.Column<decimal>(type: "numeric(5,4)", nullable: true, computedColumnSql: "case when least(won + weighted_total, won_total) >= 0 and greatest(won + weighted_total, won_total) > 0 and won_total is not null\n     then round(least(won + weighted_total, won_total) / greatest(won + weighted_total, won_total), 4) end", stored: true),
                    taken_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_revenue_forecast_history", x => new { x.tenant_id, x.as_of, x.forecast_month, x.currency });
                });

            migrationBuilder.Run("Reports", "forecasts.sql");

            migrationBuilder.DropPrimaryKey(
                name: "pk_crm_revenue_forecasts",
                schema: "public",
                table: "crm_revenue_forecasts");

            migrationBuilder.AddPrimaryKey(
                name: "pk_crm_revenue_forecasts",
                schema: "public",
                table: "crm_revenue_forecasts",
                columns: new[] { "tenant_id", "forecast_month", "currency" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_tasks_completed",
                schema: "public",
                table: "crm_tasks",
                columns: new[] { "tenant_id", "completed_at" },
                filter: "completed_at is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_audit_log_since",
                schema: "public",
                table: "crm_audit_log",
                columns: new[] { "tenant_id", "kind", "at" },
                filter: "kind in ('deal', 'activity', 'task', 'stage', 'owner', 'tenant')");

            migrationBuilder.CreateIndex(
                name: "ix_crm_audit_log_stage",
                schema: "public",
                table: "crm_audit_log",
                columns: new[] { "tenant_id", "record_id", "at" },
                filter: "kind = 'deal' and (action = 'create' or (action = 'set' and field = 'stage_id'))")
                .Annotation("Npgsql:IndexInclude", new[] { "changed_at" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_activities_occurred",
                schema: "public",
                table: "crm_activities",
                columns: new[] { "tenant_id", "occurred_at" });

            migrationBuilder.Run("Reports", "access.sql", "lookups.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Run("Reports", "lookups_back.sql");

            migrationBuilder.DropTable(
                name: "crm_pipeline_owner_snapshots",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_report_runs",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_revenue_forecast_gaps",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_revenue_forecast_history",
                schema: "public");

            migrationBuilder.DropIndex(
                name: "ix_crm_tasks_completed",
                schema: "public",
                table: "crm_tasks");

            migrationBuilder.DropPrimaryKey(
                name: "pk_crm_revenue_forecasts",
                schema: "public",
                table: "crm_revenue_forecasts");

            migrationBuilder.DropIndex(
                name: "ix_crm_audit_log_since",
                schema: "public",
                table: "crm_audit_log");

            migrationBuilder.DropIndex(
                name: "ix_crm_audit_log_stage",
                schema: "public",
                table: "crm_audit_log");

            migrationBuilder.DropIndex(
                name: "ix_crm_activities_occurred",
                schema: "public",
                table: "crm_activities");

            migrationBuilder.DropColumn(
                name: "deals_without_amount",
                schema: "public",
                table: "crm_revenue_forecasts");

            migrationBuilder.DropColumn(
                name: "deals_negative",
                schema: "public",
                table: "crm_pipeline_snapshots");

            migrationBuilder.DropColumn(
                name: "deals_without_amount",
                schema: "public",
                table: "crm_pipeline_snapshots");

            migrationBuilder.DropColumn(
                name: "deals_without_close_date",
                schema: "public",
                table: "crm_pipeline_snapshots");

            migrationBuilder.AlterColumn<decimal>(
                name: "won",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(19,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "weighted_total",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(19,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "upside",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(19,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "pipeline",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(19,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "committed",
                schema: "public",
                table: "crm_revenue_forecasts",
                type: "numeric(19,4)",
                nullable: false,
                defaultValueSql: "0",
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)",
                oldDefaultValueSql: "0");

            migrationBuilder.AlterColumn<decimal>(
                name: "weighted_value",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "numeric(19,4)",
                nullable: false,
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)");

            migrationBuilder.AlterColumn<decimal>(
                name: "total_value",
                schema: "public",
                table: "crm_pipeline_snapshots",
                type: "numeric(19,4)",
                nullable: false,
                oldClrType: typeof(decimal),
                oldType: "numeric(28,4)");

            migrationBuilder.AddPrimaryKey(
                name: "pk_crm_revenue_forecasts",
                schema: "public",
                table: "crm_revenue_forecasts",
                columns: new[] { "tenant_id", "as_of", "forecast_month", "currency" });
        }
    }
}
