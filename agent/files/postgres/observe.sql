-- One look at the server, as one JSON value. Reads shared memory only: no table, and no lock that an application can hold.
-- Ages are in milliseconds, by this node's own clock.
select json_build_object(
    'inRecovery', recovery.on,
    'lsn', case when recovery.on then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end,
    'insertLsn', case when not recovery.on then pg_current_wal_insert_lsn() end,
    'receivedLsn', case when recovery.on then pg_last_wal_receive_lsn() end,
    'uptimeMs', floor(extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000),
    'replayPaused', recovery.on and pg_get_wal_replay_pause_state() <> 'not paused',
    -- PostgreSQL pauses it when the primary allows more than this server does; only a restart helps.
    'replayHeld', case
        when recovery.on and pg_get_wal_replay_pause_state() <> 'not paused' then exists (
            select from pg_settings where pending_restart and name in (
                'max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions',
                'max_locks_per_transaction'
            )
        )
        else false
    end,
    'receiverPids', (
        select coalesce(json_agg(pid), '[]') from pg_stat_activity where backend_type = 'walreceiver'
    ),
    'receiver', (
        select json_build_object(
            'pid', pid,
            'streaming', status = 'streaming',
            'flushedLsn', flushed_lsn,
            'timeline', received_tli,
            'lastMessageAgeMs', floor(extract(epoch from clock_timestamp() - last_msg_receipt_time) * 1000),
            'slotName', slot_name,
            'senderHost', sender_host
        )
        from pg_stat_wal_receiver
    ),
    'replication', (
        select coalesce(json_agg(json_build_object(
            'applicationName', application_name,
            'pid', pid,
            'state', state,
            'sentLsn', sent_lsn,
            'flushLsn', flush_lsn,
            'replayLsn', replay_lsn,
            'syncPriority', sync_priority,
            'replyAgeMs', floor(extract(epoch from clock_timestamp() - reply_time) * 1000)
        )), '[]')
        from pg_stat_replication
    ),
    'slots', (
        select coalesce(json_agg(json_build_object(
            'name', slot_name,
            'kind', slot_type,
            'activePid', active_pid,
            'temporary', temporary,
            'restartLsn', restart_lsn,
            'walStatus', wal_status,
            'failover', failover,
            'synced', synced
        )), '[]')
        from pg_replication_slots
    ),
    'shown', json_build_object(
        'primaryConninfo', current_setting('primary_conninfo'),
        'primarySlotName', current_setting('primary_slot_name'),
        'synchronousStandbyNames', current_setting('synchronous_standby_names')
    )
) as observation
from (select pg_is_in_recovery() as on) as recovery
