"""One module per OCI service: its resources, its rules (each with where it is from), and what its operations answer."""
