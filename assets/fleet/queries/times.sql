-- purpose: Time that statements took since each instance started, of all of them: by the executions of the same time it is the
--   response time. Cursors cannot tell that, since they leave the cache and only the first of them are read.
-- columns: inst_id, name, value
-- views: gv$sys_time_model
-- source: Oracle AI Database Reference, V$SYS_TIME_MODEL (microseconds)
SELECT inst_id, stat_name AS name, value
FROM gv$sys_time_model
WHERE stat_name = 'sql execute elapsed time'
