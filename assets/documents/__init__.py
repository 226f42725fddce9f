"""Documents: from a bucket of files to passages that are found by meaning, with a measured quality."""
