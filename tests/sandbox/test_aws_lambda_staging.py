"""Buckets for large layers in the embedded AWS."""

from sandbox.aws_lambda_staging import fill, staging_buckets


def test_each_account_may_stage_a_layer_in_each_region_and_another_start_keeps_what_is_there(aws_lambda):
    fill()
    content = b"x"

    for account, region, bucket in staging_buckets():
        s3 = aws_lambda.client("s3", account=account, region=region)
        s3.put_object(Bucket=bucket, Key="k", Body=content)
    fill()
    for account, region, bucket in staging_buckets():
        s3 = aws_lambda.client("s3", account=account, region=region)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == content
