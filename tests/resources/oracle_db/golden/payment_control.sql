CREATE SEQUENCE payment_model_numbers START WITH 1 INCREMENT BY 1 NOCACHE
/
CREATE TABLE payment_models (
  model_no       NUMBER(6) PRIMARY KEY,
  state          VARCHAR2(10) NOT NULL CHECK (state IN ('building', 'trained', 'live', 'previous', 'dropping')),
  trained_before DATE NOT NULL,
  features       VARCHAR2(4000) NOT NULL,
  invoices       NUMBER(12) NOT NULL,
  error_low      NUMBER,
  error_middle   NUMBER,
  error_high     NUMBER,
  created_at     TIMESTAMP DEFAULT SYS_EXTRACT_UTC(SYSTIMESTAMP) NOT NULL
)
/
CREATE UNIQUE INDEX payment_models_one ON payment_models (CASE WHEN state IN ('live', 'previous') THEN state END)
/
