CREATE TABLE payment_cases_m000007 (
  case_id NUMBER(12) PRIMARY KEY,
  is_holdout NUMBER(1) NOT NULL CHECK (is_holdout IN (0, 1)),
  payment_status VARCHAR2(18) CHECK (payment_status IN ('ON_TIME', 'SLIGHTLY_LATE', 'SIGNIFICANTLY_LATE')),
  days_to_pay NUMBER,
  mean_days NUMBER NOT NULL,
  terms_days NUMBER NOT NULL
)
/
INSERT INTO payment_cases_m000007 (case_id, is_holdout, payment_status, days_to_pay, mean_days, terms_days)
VALUES (:case_id, :is_holdout, :payment_status, :days_to_pay, :mean_days, :terms_days)
/
