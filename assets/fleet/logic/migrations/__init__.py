"""Schema migrations: files in their order, cut into statements, held against what a database has had already."""
