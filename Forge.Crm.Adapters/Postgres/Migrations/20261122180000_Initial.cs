using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Forge.Crm.Adapters.Postgres.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Column defaults below call functions of callers.sql.
            migrationBuilder.Run("Initial", "roles.sql", "callers.sql");

            migrationBuilder.EnsureSchema(
                name: "public");

            migrationBuilder.CreateTable(
                name: "crm_activities",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    type = table.Column<string>(type: "text", nullable: true),
                    subject = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<string>(type: "text", nullable: true),
                    direction = table.Column<string>(type: "text", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    location = table.Column<string>(type: "text", nullable: true),
                    occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    ends_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    duration_seconds = table.Column<long>(type: "bigint", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    custom_fields = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    field_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_activities", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_activities_type", "type in ('call', 'email', 'meeting', 'note')");
                    table.ForeignKey(
                        name: "fk_crm_activities_crm_activities_tenant_id_merged_into_id",
                        columns: x => new { x.tenant_id, x.merged_into_id },
                        principalSchema: "public",
                        principalTable: "crm_activities",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_activity_summaries",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    period_start = table.Column<DateOnly>(type: "date", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    calls = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    emails = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    meetings = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    tasks_done = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    contacts_engaged = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    deals_touched = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_activity_summaries", x => new { x.tenant_id, x.period_start, x.owner_id });
                });

            migrationBuilder.CreateTable(
                name: "crm_associations",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    from_kind = table.Column<string>(type: "text", nullable: false),
                    from_id = table.Column<Guid>(type: "uuid", nullable: false),
                    to_kind = table.Column<string>(type: "text", nullable: false),
                    to_id = table.Column<Guid>(type: "uuid", nullable: false),
                    is_primary = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "false"),
                    stamp = table.Column<string>(type: "text", nullable: false),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    bases = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_associations", x => new { x.tenant_id, x.from_kind, x.from_id, x.to_kind, x.to_id });
                    table.CheckConstraint("ck_crm_associations_from_kind", "from_kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_associations_to_kind", "to_kind in ('contact', 'company', 'deal', 'activity', 'task')");
                });

            migrationBuilder.CreateTable(
                name: "crm_audit_log",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    kind = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: true),
                    field = table.Column<string>(type: "text", nullable: true),
                    action = table.Column<string>(type: "text", nullable: false),
                    old_value = table.Column<string>(type: "text", nullable: true),
                    new_value = table.Column<string>(type: "text", nullable: true),
                    source = table.Column<string>(type: "text", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    cause = table.Column<string>(type: "text", nullable: false),
                    cause_id = table.Column<string>(type: "text", nullable: true),
                    actor = table.Column<string>(type: "text", nullable: true),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_audit_log", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_audit_log_action", "action in ('create', 'set', 'lost', 'delete', 'restore', 'merge', 'unmerge', 'associate', 'dissociate', 'erase', 'configure')");
                    table.CheckConstraint("ck_crm_audit_log_cause", "cause in ('event', 'job', 'rule', 'person', 'push', 'system', 'edit')");
                });

            migrationBuilder.CreateTable(
                name: "crm_automation_rules",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    name = table.Column<string>(type: "text", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "true"),
                    document = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "1"),
                    disabled_reason = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_automation_rules", x => new { x.tenant_id, x.id });
                });

            migrationBuilder.CreateTable(
                name: "crm_companies",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    name = table.Column<string>(type: "text", nullable: true),
                    domain = table.Column<string>(type: "text", nullable: true),
                    phone = table.Column<string>(type: "text", nullable: true),
                    website = table.Column<string>(type: "text", nullable: true),
                    industry = table.Column<string>(type: "text", nullable: true),
                    employee_count = table.Column<long>(type: "bigint", nullable: true),
                    annual_revenue = table.Column<decimal>(type: "numeric(19,4)", nullable: true),
                    street = table.Column<string>(type: "text", nullable: true),
                    city = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: true),
                    postal_code = table.Column<string>(type: "text", nullable: true),
                    country = table.Column<string>(type: "text", nullable: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    lifecycle_stage = table.Column<string>(type: "text", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    custom_fields = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    field_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_companies", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_crm_companies_crm_companies_tenant_id_merged_into_id",
                        columns: x => new { x.tenant_id, x.merged_into_id },
                        principalSchema: "public",
                        principalTable: "crm_companies",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_conflict_records",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    kind = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    field = table.Column<string>(type: "text", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    base_value = table.Column<string>(type: "text", nullable: true),
                    hub_value = table.Column<string>(type: "text", nullable: true),
                    hub_stamp = table.Column<string>(type: "text", nullable: false),
                    remote_value = table.Column<string>(type: "text", nullable: true),
                    remote_stamp = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'open'"),
                    resolution = table.Column<string>(type: "text", nullable: true),
                    resolved_by = table.Column<string>(type: "text", nullable: true),
                    opened_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    resolved_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_conflict_records", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_conflict_records_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_conflict_records_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_conflict_records_state", "state in ('open', 'resolved', 'superseded')");
                });

            migrationBuilder.CreateTable(
                name: "crm_contacts",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    email = table.Column<string>(type: "text", nullable: true),
                    additional_emails = table.Column<string[]>(type: "text[]", nullable: true),
                    first_name = table.Column<string>(type: "text", nullable: true),
                    last_name = table.Column<string>(type: "text", nullable: true),
                    phone = table.Column<string>(type: "text", nullable: true),
                    mobile_phone = table.Column<string>(type: "text", nullable: true),
                    job_title = table.Column<string>(type: "text", nullable: true),
                    company_name = table.Column<string>(type: "text", nullable: true),
                    website = table.Column<string>(type: "text", nullable: true),
                    street = table.Column<string>(type: "text", nullable: true),
                    city = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: true),
                    postal_code = table.Column<string>(type: "text", nullable: true),
                    country = table.Column<string>(type: "text", nullable: true),
                    lifecycle_stage = table.Column<string>(type: "text", nullable: true),
                    lead_status = table.Column<string>(type: "text", nullable: true),
                    lead_source = table.Column<string>(type: "text", nullable: true),
                    lead_value = table.Column<decimal>(type: "numeric(19,4)", nullable: true),
                    lead_currency = table.Column<string>(type: "text", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    custom_fields = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    field_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_contacts", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_crm_contacts_crm_contacts_tenant_id_merged_into_id",
                        columns: x => new { x.tenant_id, x.merged_into_id },
                        principalSchema: "public",
                        principalTable: "crm_contacts",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_deals",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    name = table.Column<string>(type: "text", nullable: true),
                    amount = table.Column<decimal>(type: "numeric(19,4)", nullable: true),
                    currency = table.Column<string>(type: "text", nullable: true),
                    pipeline_id = table.Column<Guid>(type: "uuid", nullable: true),
                    stage_id = table.Column<Guid>(type: "uuid", nullable: true),
                    status = table.Column<string>(type: "text", nullable: true),
                    probability = table.Column<decimal>(type: "numeric(5,4)", nullable: true),
                    close_date = table.Column<DateOnly>(type: "date", nullable: true),
                    deal_type = table.Column<string>(type: "text", nullable: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    lost_reason = table.Column<string>(type: "text", nullable: true),
                    won_reason = table.Column<string>(type: "text", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    custom_fields = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    field_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_deals", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_deals_status", "status in ('open', 'won', 'lost')");
                    table.ForeignKey(
                        name: "fk_crm_deals_crm_deals_tenant_id_merged_into_id",
                        columns: x => new { x.tenant_id, x.merged_into_id },
                        principalSchema: "public",
                        principalTable: "crm_deals",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_identities",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_identities", x => new { x.tenant_id, x.kind, x.key });
                    table.CheckConstraint("ck_crm_identities_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                });

            migrationBuilder.CreateTable(
                name: "crm_leases",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    holder = table.Column<string>(type: "text", nullable: false),
                    fence = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_leases", x => new { x.tenant_id, x.name });
                });

            migrationBuilder.CreateTable(
                name: "crm_outbox",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    lane = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    cause = table.Column<string>(type: "text", nullable: false),
                    cause_id = table.Column<string>(type: "text", nullable: true),
                    queued_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    next_attempt_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    reason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_outbox", x => new { x.tenant_id, x.platform, x.kind, x.record_id });
                    table.CheckConstraint("ck_crm_outbox_kind", "kind in ('contact', 'company', 'deal', 'activity', 'task')");
                    table.CheckConstraint("ck_crm_outbox_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_outbox_status", "status in ('pending', 'failed')");
                });

            migrationBuilder.CreateTable(
                name: "crm_owners",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: false),
                    email = table.Column<string>(type: "text", nullable: true),
                    name = table.Column<string>(type: "text", nullable: true),
                    active = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "true"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_owners", x => new { x.tenant_id, x.platform, x.external_id });
                    table.CheckConstraint("ck_crm_owners_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                });

            migrationBuilder.CreateTable(
                name: "crm_pipeline_snapshots",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    snapshot_date = table.Column<DateOnly>(type: "date", nullable: false),
                    pipeline_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stage_id = table.Column<Guid>(type: "uuid", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    pipeline = table.Column<string>(type: "text", nullable: false),
                    stage = table.Column<string>(type: "text", nullable: false),
                    deal_count = table.Column<int>(type: "integer", nullable: false),
                    total_value = table.Column<decimal>(type: "numeric(19,4)", nullable: false),
                    weighted_value = table.Column<decimal>(type: "numeric(19,4)", nullable: false),
                    average_days_in_stage = table.Column<decimal>(type: "numeric(9,2)", nullable: true),
                    moved_in = table.Column<int>(type: "integer", nullable: true),
                    moved_out = table.Column<int>(type: "integer", nullable: true),
                    taken_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_pipeline_snapshots", x => new { x.tenant_id, x.snapshot_date, x.pipeline_id, x.stage_id, x.currency });
                });

            migrationBuilder.CreateTable(
                name: "crm_rate_budgets",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    bucket = table.Column<string>(type: "text", nullable: false),
                    tokens = table.Column<double>(type: "double precision", nullable: false),
                    capacity = table.Column<double>(type: "double precision", nullable: false),
                    refill_per_second = table.Column<double>(type: "double precision", nullable: false),
                    blocked_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_rate_budgets", x => new { x.tenant_id, x.platform, x.bucket });
                    table.CheckConstraint("ck_crm_rate_budgets_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                });

            migrationBuilder.CreateTable(
                name: "crm_record_links",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    remote_kind = table.Column<string>(type: "text", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'live'"),
                    state_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    merged_into = table.Column<string>(type: "text", nullable: true),
                    remote_version = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    read_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    seen = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    seen_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    hub_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    sent = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_record_links", x => new { x.tenant_id, x.platform, x.remote_kind, x.external_id });
                    table.CheckConstraint("ck_crm_record_links_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_record_links_remote_kind", "remote_kind in ('contact', 'company', 'deal', 'lead', 'call', 'email', 'meeting', 'note', 'task')");
                    table.CheckConstraint("ck_crm_record_links_state", "state in ('live', 'deleted', 'merged', 'erased')");
                });

            migrationBuilder.CreateTable(
                name: "crm_revenue_forecasts",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    as_of = table.Column<DateOnly>(type: "date", nullable: false),
                    forecast_month = table.Column<DateOnly>(type: "date", nullable: false),
                    currency = table.Column<string>(type: "text", nullable: false),
                    committed = table.Column<decimal>(type: "numeric(19,4)", nullable: false, defaultValueSql: "0"),
                    upside = table.Column<decimal>(type: "numeric(19,4)", nullable: false, defaultValueSql: "0"),
                    pipeline = table.Column<decimal>(type: "numeric(19,4)", nullable: false, defaultValueSql: "0"),
                    weighted_total = table.Column<decimal>(type: "numeric(19,4)", nullable: false, defaultValueSql: "0"),
                    won = table.Column<decimal>(type: "numeric(19,4)", nullable: false, defaultValueSql: "0"),
                    deal_count = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    taken_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_revenue_forecasts", x => new { x.tenant_id, x.as_of, x.forecast_month, x.currency });
                });

            migrationBuilder.CreateTable(
                name: "crm_stages",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    pipeline_external_id = table.Column<string>(type: "text", nullable: false),
                    external_id = table.Column<string>(type: "text", nullable: false),
                    pipeline_id = table.Column<Guid>(type: "uuid", nullable: false),
                    stage_id = table.Column<Guid>(type: "uuid", nullable: false),
                    pipeline = table.Column<string>(type: "text", nullable: false),
                    label = table.Column<string>(type: "text", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    probability = table.Column<decimal>(type: "numeric(5,4)", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'open'"),
                    archived = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "false"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_stages", x => new { x.tenant_id, x.platform, x.pipeline_external_id, x.external_id });
                    table.CheckConstraint("ck_crm_stages_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_stages_status", "status in ('open', 'won', 'lost')");
                });

            migrationBuilder.CreateTable(
                name: "crm_tasks",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "coalesce(public.crm_app_tenant(), public.crm_jwt_tenant())"),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    subject = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "text", nullable: true),
                    priority = table.Column<string>(type: "text", nullable: true),
                    type = table.Column<string>(type: "text", nullable: true),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    completed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    owner_id = table.Column<Guid>(type: "uuid", nullable: true),
                    custom_fields = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    field_stamps = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    version = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "1"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    deleted_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_tasks", x => new { x.tenant_id, x.id });
                    table.ForeignKey(
                        name: "fk_crm_tasks_crm_tasks_tenant_id_merged_into_id",
                        columns: x => new { x.tenant_id, x.merged_into_id },
                        principalSchema: "public",
                        principalTable: "crm_tasks",
                        principalColumns: new[] { "tenant_id", "id" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_tenants",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    time_zone = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'UTC'"),
                    default_currency = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'USD'"),
                    default_country = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'US'"),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'active'"),
                    settings = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_tenants", x => x.tenant_id);
                    table.CheckConstraint("ck_crm_tenants_state", "state in ('active', 'suspended')");
                });

            migrationBuilder.CreateTable(
                name: "crm_webhook_events",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    platform = table.Column<string>(type: "text", nullable: false),
                    event_key = table.Column<string>(type: "text", nullable: false),
                    raw = table.Column<byte[]>(type: "bytea", nullable: false),
                    remote_kind = table.Column<string>(type: "text", nullable: true),
                    external_id = table.Column<string>(type: "text", nullable: true),
                    change = table.Column<string>(type: "text", nullable: false),
                    occurred_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    lane = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    status = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'pending'"),
                    attempts = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "0"),
                    next_attempt_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    reason = table.Column<string>(type: "text", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_webhook_events", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_webhook_events_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_webhook_events_remote_kind", "remote_kind in ('contact', 'company', 'deal', 'lead', 'call', 'email', 'meeting', 'note', 'task')");
                    table.CheckConstraint("ck_crm_webhook_events_status", "status in ('pending', 'applied', 'unchanged', 'ignored', 'failed')");
                });

            migrationBuilder.CreateTable(
                name: "crm_connections",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    platform = table.Column<string>(type: "text", nullable: false),
                    account_id = table.Column<string>(type: "text", nullable: false),
                    path_key = table.Column<string>(type: "text", nullable: false),
                    webhook_secret_ref = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'active'"),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_connections", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_connections_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_connections_state", "state in ('active', 'paused', 'reauth_required')");
                    table.ForeignKey(
                        name: "fk_crm_connections_crm_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "public",
                        principalTable: "crm_tenants",
                        principalColumn: "tenant_id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_sync_configs",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    direction = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'read'"),
                    kinds = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{company,contact,deal}'"),
                    strategy = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'timestamp_based'"),
                    strategies = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    platform_ranks = table.Column<string[]>(type: "text[]", nullable: false, defaultValueSql: "'{supabase,hubspot,pipedrive}'"),
                    mapping = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    interval_minutes = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "15"),
                    delete_policy = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'propagate'"),
                    secret_ref = table.Column<string>(type: "text", nullable: true),
                    enabled = table.Column<bool>(type: "boolean", nullable: false, defaultValueSql: "true"),
                    state = table.Column<string>(type: "text", nullable: false, defaultValueSql: "'connected'"),
                    lanes = table.Column<int>(type: "integer", nullable: false, defaultValueSql: "1"),
                    cursors = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    reconciled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_sync_configs", x => new { x.tenant_id, x.platform });
                    table.CheckConstraint("ck_crm_sync_configs_delete_policy", "delete_policy in ('propagate', 'archive', 'ignore')");
                    table.CheckConstraint("ck_crm_sync_configs_direction", "direction in ('read', 'two_way', 'write')");
                    table.CheckConstraint("ck_crm_sync_configs_interval_minutes", "interval_minutes between 5 and 60");
                    table.CheckConstraint("ck_crm_sync_configs_kinds", "kinds <@ array['contact', 'company', 'deal', 'activity', 'task']::text[]");
                    table.CheckConstraint("ck_crm_sync_configs_lanes", "lanes between 1 and 64");
                    table.CheckConstraint("ck_crm_sync_configs_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_sync_configs_platform_ranks", "platform_ranks <@ array['supabase', 'hubspot', 'pipedrive']::text[]");
                    table.CheckConstraint("ck_crm_sync_configs_state", "state in ('connected', 'importing', 'live', 'paused', 'reauth_required')");
                    table.CheckConstraint("ck_crm_sync_configs_strategy", "strategy in ('timestamp_based', 'source_priority', 'field_merge', 'manual_review')");
                    table.ForeignKey(
                        name: "fk_crm_sync_configs_crm_tenants_tenant_id",
                        column: x => x.tenant_id,
                        principalSchema: "public",
                        principalTable: "crm_tenants",
                        principalColumn: "tenant_id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "crm_sync_jobs",
                schema: "public",
                columns: table => new
                {
                    tenant_id = table.Column<Guid>(type: "uuid", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false, defaultValueSql: "gen_random_uuid()"),
                    platform = table.Column<string>(type: "text", nullable: false),
                    mode = table.Column<string>(type: "text", nullable: false),
                    kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    step = table.Column<long>(type: "bigint", nullable: false, defaultValueSql: "0"),
                    cursor = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    counts = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'{}'::jsonb"),
                    total = table.Column<long>(type: "bigint", nullable: true),
                    requested_by = table.Column<string>(type: "text", nullable: false),
                    error = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "now()"),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_crm_sync_jobs", x => new { x.tenant_id, x.id });
                    table.CheckConstraint("ck_crm_sync_jobs_kinds", "kinds <@ array['contact', 'company', 'deal', 'activity', 'task']::text[]");
                    table.CheckConstraint("ck_crm_sync_jobs_mode", "mode in ('initial', 'incremental', 'sweep', 'manual')");
                    table.CheckConstraint("ck_crm_sync_jobs_platform", "platform in ('supabase', 'hubspot', 'pipedrive')");
                    table.CheckConstraint("ck_crm_sync_jobs_state", "state in ('queued', 'running', 'paused', 'done', 'failed', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_crm_sync_jobs_crm_sync_configs_tenant_id_platform",
                        columns: x => new { x.tenant_id, x.platform },
                        principalSchema: "public",
                        principalTable: "crm_sync_configs",
                        principalColumns: new[] { "tenant_id", "platform" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateIndex(
                name: "ix_crm_activities_merged",
                schema: "public",
                table: "crm_activities",
                columns: new[] { "tenant_id", "merged_into_id" },
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_associations_to",
                schema: "public",
                table: "crm_associations",
                columns: new[] { "tenant_id", "to_kind", "to_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_audit_log_record",
                schema: "public",
                table: "crm_audit_log",
                columns: new[] { "tenant_id", "record_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_companies_merged",
                schema: "public",
                table: "crm_companies",
                columns: new[] { "tenant_id", "merged_into_id" },
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_conflict_records_open",
                schema: "public",
                table: "crm_conflict_records",
                columns: new[] { "tenant_id", "record_id", "field", "platform" },
                unique: true,
                filter: "state = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_connections_account",
                schema: "public",
                table: "crm_connections",
                columns: new[] { "tenant_id", "platform", "account_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_crm_connections_route_account",
                schema: "public",
                table: "crm_connections",
                columns: new[] { "platform", "account_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_connections_route_path",
                schema: "public",
                table: "crm_connections",
                column: "path_key");

            migrationBuilder.CreateIndex(
                name: "ix_crm_contacts_merged",
                schema: "public",
                table: "crm_contacts",
                columns: new[] { "tenant_id", "merged_into_id" },
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_deals_merged",
                schema: "public",
                table: "crm_deals",
                columns: new[] { "tenant_id", "merged_into_id" },
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_identities_record",
                schema: "public",
                table: "crm_identities",
                columns: new[] { "tenant_id", "record_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_lane",
                schema: "public",
                table: "crm_outbox",
                columns: new[] { "tenant_id", "platform", "lane", "queued_at" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_outbox_waiting",
                schema: "public",
                table: "crm_outbox",
                column: "queued_at",
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_owners_owner",
                schema: "public",
                table: "crm_owners",
                columns: new[] { "tenant_id", "owner_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_record_links_record",
                schema: "public",
                table: "crm_record_links",
                columns: new[] { "tenant_id", "record_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_stages_stage",
                schema: "public",
                table: "crm_stages",
                columns: new[] { "tenant_id", "stage_id" });

            migrationBuilder.CreateIndex(
                name: "ix_crm_sync_jobs_unfinished",
                schema: "public",
                table: "crm_sync_jobs",
                columns: new[] { "tenant_id", "platform" },
                unique: true,
                filter: "state in ('queued', 'running', 'paused')");

            migrationBuilder.CreateIndex(
                name: "ix_crm_tasks_merged",
                schema: "public",
                table: "crm_tasks",
                columns: new[] { "tenant_id", "merged_into_id" },
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_crm_webhook_events_age",
                schema: "public",
                table: "crm_webhook_events",
                column: "received_at")
                .Annotation("Npgsql:IndexMethod", "brin")
                .Annotation("Npgsql:StorageParameter:autosummarize", true);

            migrationBuilder.CreateIndex(
                name: "ix_crm_webhook_events_failed",
                schema: "public",
                table: "crm_webhook_events",
                columns: new[] { "tenant_id", "id" },
                filter: "status = 'failed'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_webhook_events_key",
                schema: "public",
                table: "crm_webhook_events",
                columns: new[] { "tenant_id", "event_key" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_crm_webhook_events_lane",
                schema: "public",
                table: "crm_webhook_events",
                columns: new[] { "tenant_id", "platform", "lane", "id" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "ix_crm_webhook_events_waiting",
                schema: "public",
                table: "crm_webhook_events",
                column: "received_at",
                filter: "status = 'pending'");

            migrationBuilder.Run("Initial", "stamps.sql", "captured.sql", "capture.sql", "associations.sql", "history.sql", "triggers.sql");
            migrationBuilder.Run("Initial", "route.sql", "erase.sql", "policies.sql", "grants.sql");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "crm_activities",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_activity_summaries",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_associations",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_audit_log",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_automation_rules",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_companies",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_conflict_records",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_connections",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_contacts",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_deals",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_identities",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_leases",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_outbox",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_owners",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_pipeline_snapshots",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_rate_budgets",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_record_links",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_revenue_forecasts",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_stages",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_sync_jobs",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_tasks",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_webhook_events",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_sync_configs",
                schema: "public");

            migrationBuilder.DropTable(
                name: "crm_tenants",
                schema: "public");
        }
    }
}
