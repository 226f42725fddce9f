-- purpose: Sessions of users now: all, those at work, and those that another session blocks.
-- columns: sessions, active_sessions, blocked_sessions
-- views: gv$session
-- source: Oracle AI Database Reference, V$SESSION; Oracle's database exporter, context "sessions"
SELECT COUNT(*) AS sessions,
       COUNT(CASE WHEN status = 'ACTIVE' THEN 1 END) AS active_sessions,
       COUNT(blocking_session) AS blocked_sessions
FROM gv$session
WHERE type = 'USER'
