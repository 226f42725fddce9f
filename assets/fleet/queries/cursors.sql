-- purpose: The statements that took most time since they came into the cursor cache. Times are in microseconds and summed over
--   executions: the time of one is their quotient, over the difference between two collections.
-- columns: inst_id, sql_id, plan_hash_value, executions, elapsed_time, cpu_time, buffer_gets, disk_reads, rows_processed, sql_text
-- views: gv$sqlstats
-- source: Oracle AI Database Reference, V$SQLSTATS; Oracle's database exporter, context "top_sql"
SELECT inst_id, sql_id, plan_hash_value, executions, elapsed_time, cpu_time, buffer_gets, disk_reads, rows_processed,
       SUBSTR(sql_text, 1, 200) AS sql_text
FROM (SELECT s.*, ROW_NUMBER() OVER (ORDER BY elapsed_time DESC) AS place FROM gv$sqlstats s WHERE executions > 0)
WHERE place <= 200
