-- Forecasts of the same month for different days go to the history; the newest of each month stays. The owner obeys row-level security too, so it
-- stands aside for these two statements.
alter table public.crm_revenue_forecasts no force row level security;
insert into public.crm_revenue_forecast_history (tenant_id, as_of, forecast_month, currency, committed, upside, pipeline, weighted_total, won, deal_count, taken_at)
select tenant_id, as_of, forecast_month, currency, committed, upside, pipeline, weighted_total, won, deal_count, taken_at from public.crm_revenue_forecasts;
delete from public.crm_revenue_forecasts older
using public.crm_revenue_forecasts newer
where (newer.tenant_id, newer.forecast_month, newer.currency) = (older.tenant_id, older.forecast_month, older.currency) and newer.as_of > older.as_of;
alter table public.crm_revenue_forecasts force row level security;
