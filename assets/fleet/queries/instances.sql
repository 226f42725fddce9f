-- purpose: When each instance started; a restart sets all counters back to zero.
-- columns: inst_id, startup_time
-- views: gv$instance
-- source: Oracle AI Database Reference, V$INSTANCE
SELECT inst_id, startup_time
FROM gv$instance
