"""What assets and jobs talk to: one interface and its variants per module; the SDKs live in `aws`, `oci`, `oracle_db`."""
