"""Tables in a migrated database that say how far it has come, and who is at work: SQL that any engine understands.

They lie in the schema of the user who migrates. The lock is a row rather than DBMS_LOCK: that one belongs to a session, and a
migration may run through Oracle REST Data Services, where every statement has a session of its own.
"""

MIGRATIONS, STEPS, LOCK = "cloudops_migrations", "cloudops_migration_steps", "cloudops_migration_lock"

CREATE = {
    MIGRATIONS: """CREATE TABLE cloudops_migrations (
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
)""",
    STEPS: """CREATE TABLE cloudops_migration_steps (
  set_name VARCHAR2(100) NOT NULL,
  version VARCHAR2(100) NOT NULL,
  statement_no NUMBER(9) NOT NULL,
  checksum VARCHAR2(64) NOT NULL,
  state VARCHAR2(10) NOT NULL,
  error_text VARCHAR2(2000),
  changed_at VARCHAR2(40) NOT NULL,
  run_id VARCHAR2(100) NOT NULL,
  CONSTRAINT cloudops_migration_steps_pk PRIMARY KEY (set_name, version, statement_no)
)""",
    LOCK: """CREATE TABLE cloudops_migration_lock (
  lock_name VARCHAR2(30) NOT NULL,
  owner_name VARCHAR2(100) NOT NULL,
  taken_at VARCHAR2(40) NOT NULL,
  expires_at VARCHAR2(40) NOT NULL,
  CONSTRAINT cloudops_migration_lock_pk PRIMARY KEY (lock_name)
)""",
}
PROBE = {name: f"SELECT 1 AS there FROM {name} WHERE 1 = 0" for name in CREATE}  # noqa: S608 - our own names

READ_MIGRATIONS = "SELECT version, file_name, checksum, statements, state FROM cloudops_migrations WHERE set_name = :set_name"
READ_STEPS = "SELECT version, statement_no, checksum, state, error_text FROM cloudops_migration_steps WHERE set_name = :set_name"
BEGIN_MIGRATION = (
    "INSERT INTO cloudops_migrations (set_name, version, file_name, checksum, statements, state, started_at, run_id, run_by)"
    " VALUES (:set_name, :version, :file_name, :checksum, :statements, 'begun', :moment, :run_id, :run_by)"
)
AGAIN_MIGRATION = (
    "UPDATE cloudops_migrations SET file_name = :file_name, checksum = :checksum, statements = :statements, run_id = :run_id,"
    " run_by = :run_by WHERE set_name = :set_name AND version = :version"
)
END_MIGRATION = (
    "UPDATE cloudops_migrations SET state = 'done', ended_at = :moment, run_id = :run_id"
    " WHERE set_name = :set_name AND version = :version"
)
AGAIN_STEP = (
    "UPDATE cloudops_migration_steps SET checksum = :checksum, state = :state, error_text = NULL, changed_at = :moment,"
    " run_id = :run_id WHERE set_name = :set_name AND version = :version AND statement_no = :statement_no"
)
BEGIN_STEP = (
    "INSERT INTO cloudops_migration_steps (set_name, version, statement_no, checksum, state, changed_at, run_id)"
    " VALUES (:set_name, :version, :statement_no, :checksum, :state, :moment, :run_id)"
)
END_STEP = (
    "UPDATE cloudops_migration_steps SET state = :state, error_text = :error_text, changed_at = :moment, run_id = :run_id"
    " WHERE set_name = :set_name AND version = :version AND statement_no = :statement_no"
)
READ_LOCK = "SELECT owner_name, taken_at, expires_at FROM cloudops_migration_lock WHERE lock_name = 'schema'"
TAKE_LOCK = (
    "INSERT INTO cloudops_migration_lock (lock_name, owner_name, taken_at, expires_at)"
    " VALUES ('schema', :owner_name, :moment, :expires_at)"
)
RENEW_LOCK = "UPDATE cloudops_migration_lock SET expires_at = :expires_at WHERE lock_name = 'schema' AND owner_name = :owner_name"
INHERIT_LOCK = (
    "UPDATE cloudops_migration_lock SET owner_name = :owner_name, taken_at = :moment, expires_at = :expires_at"
    " WHERE lock_name = 'schema' AND owner_name = :stolen_from"
)
STEAL_LOCK = (
    "UPDATE cloudops_migration_lock SET owner_name = :owner_name, taken_at = :moment, expires_at = :expires_at"
    " WHERE lock_name = 'schema' AND owner_name = :stolen_from AND expires_at <= :moment"
)
GIVE_LOCK_BACK = "DELETE FROM cloudops_migration_lock WHERE lock_name = 'schema' AND owner_name = :owner_name"
