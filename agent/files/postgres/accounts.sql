-- Makes Holdfast's roles and the owner's as they should be; may be repeated. Run as the superuser, in the database
-- postgres, by a session that has these settings: holdfast.master, holdfast.master_verifier, holdfast.monitor,
-- holdfast.monitor_verifier, holdfast.replication. Passwords come as SCRAM verifiers, so no log can hold one.

do $$
declare
    master text := current_setting('holdfast.master');
    monitor text := current_setting('holdfast.monitor');
    replication text := current_setting('holdfast.replication');
    role text;
begin
    foreach role in array array[master, monitor, replication] loop
        if not exists (select from pg_roles where rolname = role) then
            execute format('create role %I', role);
        end if;
    end loop;

    -- No REPLICATION for the owner: whoever can stream WAL can answer to a member's name and count as a standby.
    execute format(
        'alter role %I login nosuperuser createdb createrole noreplication nobypassrls password %L',
        master, current_setting('holdfast.master_verifier'));
    execute format('grant pg_monitor, pg_signal_backend, pg_checkpoint to %I with admin option', master);

    execute format(
        'alter role %I login nosuperuser nocreatedb nocreaterole noreplication password %L connection limit 20',
        monitor, current_setting('holdfast.monitor_verifier'));
    execute format('grant pg_monitor, pg_use_reserved_connections to %I', monitor);

    execute format(
        'alter role %I login nosuperuser nocreatedb nocreaterole replication password null', replication);
    -- What pg_rewind needs on its source (PostgreSQL's documentation of pg_rewind, Notes).
    execute format('grant execute on function pg_catalog.pg_ls_dir(text, boolean, boolean) to %I', replication);
    execute format('grant execute on function pg_catalog.pg_stat_file(text, boolean) to %I', replication);
    execute format('grant execute on function pg_catalog.pg_read_binary_file(text) to %I', replication);
    execute format(
        'grant execute on function pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) to %I', replication);
end
$$
