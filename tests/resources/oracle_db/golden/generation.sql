CREATE TABLE kb_documents_g000007 (
  doc_id        NUMBER(19) PRIMARY KEY,
  parent_doc_id VARCHAR2(4000) NOT NULL,
  chunk_no      NUMBER(9) NOT NULL,
  title         VARCHAR2(4000),
  heading       VARCHAR2(4000),
  dept          VARCHAR2(4000),
  created_date  DATE,
  language      VARCHAR2(4000),
  source_key    VARCHAR2(4000),
  page          NUMBER(9),
  start_offset  NUMBER(12) NOT NULL,
  end_offset    NUMBER(12) NOT NULL,
  content       CLOB,
  model_version VARCHAR2(4000) NOT NULL,
  fingerprint   VARCHAR2(64) NOT NULL,
  doc_vector    VECTOR(384, FLOAT32) NOT NULL,
  words         CLOB
)
/
CREATE TABLE kb_tags_g000007 (
  doc_id NUMBER(19) NOT NULL REFERENCES kb_documents_g000007 (doc_id) ON DELETE CASCADE,
  tag    VARCHAR2(4000) NOT NULL,
  PRIMARY KEY (doc_id, tag)
)
/
CREATE INDEX kb_tag_g000007 ON kb_tags_g000007 (tag, doc_id)
/
CREATE INDEX kb_dept_g000007 ON kb_documents_g000007 (dept, created_date)
/
CREATE INDEX kb_date_g000007 ON kb_documents_g000007 (created_date)
/
CREATE INDEX kb_lang_g000007 ON kb_documents_g000007 (language)
/
CREATE INDEX kb_words_g000007 ON kb_documents_g000007 (words) INDEXTYPE IS CTXSYS.CONTEXT
PARAMETERS ('LEXER KB_LEXER STOPLIST CTXSYS.EMPTY_STOPLIST SYNC (ON COMMIT)')
/
