-- purpose: Time waited by event since each instance started; what a database waits for is the difference between two collections.
-- columns: inst_id, event, wait_class, total_waits, time_waited_micro
-- views: gv$system_event
-- source: Oracle AI Database Reference, V$SYSTEM_EVENT
SELECT inst_id, event, wait_class, total_waits, time_waited_micro
FROM gv$system_event
WHERE wait_class <> 'Idle'
