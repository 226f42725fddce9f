UPDATE payment_models
SET state = CASE WHEN model_no = :model_no THEN 'live' WHEN state = 'live' THEN 'previous' ELSE 'dropping' END
WHERE model_no = :model_no OR state IN ('live', 'previous')
/
BEGIN DBMS_DATA_MINING.DROP_MODEL(:name); END;
/
