"""How well anomalies are detected: scores against labels, the methods to beat, and known anomalies put into one's own costs."""
