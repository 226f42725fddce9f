"""When something of a database is full: growth, a forecast with an interval, and how often such intervals held."""
