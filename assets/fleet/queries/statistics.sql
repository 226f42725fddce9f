-- purpose: Counters of work done since each instance started: throughput is their difference between two collections.
-- columns: inst_id, name, value
-- views: gv$sysstat
-- source: Oracle AI Database Reference, V$SYSSTAT; Oracle's database exporter, context "activity"
SELECT inst_id, name, value
FROM gv$sysstat
WHERE name IN ('user commits', 'user rollbacks', 'execute count')
