"""How well anomalies in metrics are detected: scores against labelled data, and known anomalies put into one's own metrics."""
