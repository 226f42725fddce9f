-- purpose: Process memory against its limit. At the limit Oracle ends the calls that use most (ORA-04036), which is what memory
--   pressure comes to; free memory of the shared pool says nothing of it. A limit of 0 is none.
-- columns: inst_id, pga_allocated_bytes, pga_limit_bytes
-- views: gv$pgastat, gv$parameter
-- source: Oracle AI Database Reference, V$PGASTAT and PGA_AGGREGATE_LIMIT; Oracle's database exporter, context "db_system"
SELECT p.inst_id, p.value AS pga_allocated_bytes, CAST(l.value AS NUMBER) AS pga_limit_bytes
FROM gv$pgastat p
JOIN gv$parameter l ON l.inst_id = p.inst_id AND l.name = 'pga_aggregate_limit'
WHERE p.name = 'total PGA allocated'
