SELECT PERCENTILE_CONT(0.1) WITHIN GROUP (ORDER BY error_days),
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY error_days),
  PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY error_days)
FROM (SELECT days_to_pay - PREDICTION(payment_days_m000007 USING mean_days AS mean_days, terms_days AS terms_days) AS error_days
  FROM payment_cases_m000007 WHERE is_holdout = 1 AND days_to_pay IS NOT NULL)
/
