-- What sync inserts brings its stamps, and capture passes it untouched. It need not even be asked: a first load inserts by the million, and a call of the function
-- costs a tenth of an insert.
do $$
declare
    target record;
begin
    for target in
        select * from (values
            ('crm_contacts', 'contact'), ('crm_companies', 'company'), ('crm_deals', 'deal'),
            ('crm_activities', 'activity'), ('crm_tasks', 'task')
        ) as record_table (name, kind)
    loop
        execute format('create or replace trigger capture_insert before insert on public.%I
            for each row when (new.field_stamps = ''{}'') execute function public.crm_capture_insert(%L)', target.name, target.kind);
    end loop;
end
$$;
