"""Cost forecasts: pure functions from daily costs to forecasts with bounds and measured quality."""
