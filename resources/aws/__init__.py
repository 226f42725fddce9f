"""Amazon Web Services: the only importer of boto3 and dagster_aws, and only inside functions."""
