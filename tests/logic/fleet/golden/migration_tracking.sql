CREATE TABLE cloudops_migrations (
  set_name VARCHAR2(100) NOT NULL,
  version VARCHAR2(100) NOT NULL,
  file_name VARCHAR2(255) NOT NULL,
  checksum VARCHAR2(64) NOT NULL,
  statements NUMBER(9) NOT NULL,
  state VARCHAR2(10) NOT NULL,
  started_at VARCHAR2(40) NOT NULL,
  ended_at VARCHAR2(40),
  run_id VARCHAR2(100) NOT NULL,
  run_by VARCHAR2(255) NOT NULL,
  CONSTRAINT cloudops_migrations_pk PRIMARY KEY (set_name, version)
)
/
CREATE TABLE cloudops_migration_steps (
  set_name VARCHAR2(100) NOT NULL,
  version VARCHAR2(100) NOT NULL,
  statement_no NUMBER(9) NOT NULL,
  checksum VARCHAR2(64) NOT NULL,
  state VARCHAR2(10) NOT NULL,
  error_text VARCHAR2(2000),
  changed_at VARCHAR2(40) NOT NULL,
  run_id VARCHAR2(100) NOT NULL,
  CONSTRAINT cloudops_migration_steps_pk PRIMARY KEY (set_name, version, statement_no)
)
/
CREATE TABLE cloudops_migration_lock (
  lock_name VARCHAR2(30) NOT NULL,
  owner_name VARCHAR2(100) NOT NULL,
  taken_at VARCHAR2(40) NOT NULL,
  expires_at VARCHAR2(40) NOT NULL,
  CONSTRAINT cloudops_migration_lock_pk PRIMARY KEY (lock_name)
)
/
SELECT 1 AS there FROM cloudops_migrations WHERE 1 = 0
/
SELECT 1 AS there FROM cloudops_migration_steps WHERE 1 = 0
/
SELECT 1 AS there FROM cloudops_migration_lock WHERE 1 = 0
/
SELECT version, file_name, checksum, statements, state FROM cloudops_migrations WHERE set_name = :set_name
/
SELECT version, statement_no, checksum, state, error_text FROM cloudops_migration_steps WHERE set_name = :set_name
/
INSERT INTO cloudops_migrations (set_name, version, file_name, checksum, statements, state, started_at, run_id, run_by) VALUES (:set_name, :version, :file_name, :checksum, :statements, 'begun', :moment, :run_id, :run_by)
/
UPDATE cloudops_migrations SET file_name = :file_name, checksum = :checksum, statements = :statements, run_id = :run_id, run_by = :run_by WHERE set_name = :set_name AND version = :version
/
UPDATE cloudops_migrations SET state = 'done', ended_at = :moment, run_id = :run_id WHERE set_name = :set_name AND version = :version
/
UPDATE cloudops_migration_steps SET checksum = :checksum, state = :state, error_text = NULL, changed_at = :moment, run_id = :run_id WHERE set_name = :set_name AND version = :version AND statement_no = :statement_no
/
INSERT INTO cloudops_migration_steps (set_name, version, statement_no, checksum, state, changed_at, run_id) VALUES (:set_name, :version, :statement_no, :checksum, :state, :moment, :run_id)
/
UPDATE cloudops_migration_steps SET state = :state, error_text = :error_text, changed_at = :moment, run_id = :run_id WHERE set_name = :set_name AND version = :version AND statement_no = :statement_no
/
SELECT owner_name, taken_at, expires_at FROM cloudops_migration_lock WHERE lock_name = 'schema'
/
INSERT INTO cloudops_migration_lock (lock_name, owner_name, taken_at, expires_at) VALUES ('schema', :owner_name, :moment, :expires_at)
/
UPDATE cloudops_migration_lock SET expires_at = :expires_at WHERE lock_name = 'schema' AND owner_name = :owner_name
/
UPDATE cloudops_migration_lock SET owner_name = :owner_name, taken_at = :moment, expires_at = :expires_at WHERE lock_name = 'schema' AND owner_name = :stolen_from
/
UPDATE cloudops_migration_lock SET owner_name = :owner_name, taken_at = :moment, expires_at = :expires_at WHERE lock_name = 'schema' AND owner_name = :stolen_from AND expires_at <= :moment
/
DELETE FROM cloudops_migration_lock WHERE lock_name = 'schema' AND owner_name = :owner_name
/
SELECT COUNT(*) AS open_sessions FROM gv$session WHERE type = 'USER' AND username IS NOT NULL AND NOT (sid = SYS_CONTEXT('USERENV', 'SID') AND inst_id = SYS_CONTEXT('USERENV', 'INSTANCE'))
/
SELECT TO_CHAR(MAX(last_login) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS last_login FROM dba_users WHERE oracle_maintained = 'N' AND username <> SYS_CONTEXT('USERENV', 'SESSION_USER')
/
