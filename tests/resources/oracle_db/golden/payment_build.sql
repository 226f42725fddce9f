DECLARE
  settings DBMS_DATA_MINING.SETTING_LIST;
BEGIN
  settings('ALGO_NAME') := 'ALGO_RANDOM_FOREST';
  settings('ODMS_RANDOM_SEED') := '7';
  settings('PREP_AUTO') := 'ON';
  settings('RFOR_NUM_TREES') := '200';
  DBMS_DATA_MINING.CREATE_MODEL2(
    model_name          => 'PAYMENT_STATUS_M000007',
    mining_function     => 'CLASSIFICATION',
    data_query          => 'SELECT case_id, payment_status, mean_days, terms_days
FROM payment_cases_m000007 WHERE is_holdout = 0 AND payment_status IS NOT NULL',
    set_list            => settings,
    case_id_column_name => 'CASE_ID',
    target_column_name  => 'PAYMENT_STATUS');
END;
/
DECLARE
  settings DBMS_DATA_MINING.SETTING_LIST;
BEGIN
  settings('ALGO_NAME') := 'ALGO_GENERALIZED_LINEAR_MODEL';
  settings('GLMS_RIDGE_REGRESSION') := 'GLMS_RIDGE_REG_ENABLE';
  settings('PREP_AUTO') := 'ON';
  DBMS_DATA_MINING.CREATE_MODEL2(
    model_name          => 'PAYMENT_DAYS_M000007',
    mining_function     => 'REGRESSION',
    data_query          => 'SELECT case_id, days_to_pay, mean_days, terms_days
FROM payment_cases_m000007 WHERE is_holdout = 0 AND days_to_pay IS NOT NULL',
    set_list            => settings,
    case_id_column_name => 'CASE_ID',
    target_column_name  => 'DAYS_TO_PAY');
END;
/
