SELECT PREDICTION(payment_status_m000007 USING :mean_days AS mean_days, :terms_days AS terms_days),
  PREDICTION_PROBABILITY(payment_status_m000007, 'ON_TIME' USING :mean_days AS mean_days, :terms_days AS terms_days),
  PREDICTION_PROBABILITY(payment_status_m000007, 'SLIGHTLY_LATE' USING :mean_days AS mean_days, :terms_days AS terms_days),
  PREDICTION_PROBABILITY(payment_status_m000007, 'SIGNIFICANTLY_LATE' USING :mean_days AS mean_days, :terms_days AS terms_days),
  PREDICTION(payment_days_m000007 USING :mean_days AS mean_days, :terms_days AS terms_days)
FROM dual
/
