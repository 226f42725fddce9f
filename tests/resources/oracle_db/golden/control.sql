CREATE SEQUENCE kb_generation_numbers START WITH 1 INCREMENT BY 1 NOCACHE
/
CREATE TABLE kb_generations (
  generation_id  VARCHAR2(20) PRIMARY KEY,
  generation_no  NUMBER(6) NOT NULL UNIQUE,
  model_name     VARCHAR2(200 CHAR) NOT NULL,
  model_revision VARCHAR2(200 CHAR),
  model_digest   VARCHAR2(200 CHAR),
  model_source   VARCHAR2(1000 CHAR),
  dimensions     NUMBER(5) NOT NULL,
  max_tokens     NUMBER(9) NOT NULL,
  chunking       VARCHAR2(400 CHAR),
  state          VARCHAR2(10) NOT NULL CHECK (state IN ('building', 'live', 'previous', 'dropping')),
  row_count      NUMBER(12) DEFAULT 0 NOT NULL,
  vector_index   VARCHAR2(4) CHECK (vector_index IN ('HNSW', 'IVF')),
  indexed_rows   NUMBER(12),
  created_at     TIMESTAMP DEFAULT SYS_EXTRACT_UTC(SYSTIMESTAMP) NOT NULL
)
/
CREATE UNIQUE INDEX kb_generations_one ON kb_generations (CASE WHEN state IN ('live', 'previous') THEN state END)
/
