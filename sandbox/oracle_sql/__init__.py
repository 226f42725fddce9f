"""A small SQL engine that understands enough of Oracle's SQL to stand for an Autonomous Database; SQLite underneath."""
