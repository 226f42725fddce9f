-- purpose: Locks now: all, those that are held, and those that somebody waits for.
-- columns: locks, held_locks, awaited_locks
-- views: gv$lock
-- source: Oracle AI Database Reference, V$LOCK
SELECT COUNT(*) AS locks,
       COUNT(CASE WHEN lmode > 0 THEN 1 END) AS held_locks,
       COUNT(CASE WHEN request > 0 THEN 1 END) AS awaited_locks
FROM gv$lock
