"""What AWS answers becomes an error of ours that says what to do."""

import socket

import botocore.session
import pytest
from botocore.exceptions import ClientError

from resources.aws.clients import AwsClients
from resources.aws.s3 import S3ObjectStore
from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, Throttled, Unavailable

KEYS = {"region": "us-east-1", "access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": "s3cr3t"}


def answered(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "said so"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Operation"
    )


@pytest.mark.parametrize(
    ("code", "status", "kind", "advice"),
    [
        ("ExpiredTokenException", 400, Denied, "Renew the AWS credentials"),
        ("AccessDeniedException", 400, Denied, "Allow budgets:ViewBudget"),
        ("", 403, Denied, "Allow budgets:ViewBudget"),
        ("ThrottlingException", 400, Throttled, "fewer calls"),
        ("DuplicateRecordException", 400, Conflict, "Look at what is there"),
        ("NotFoundException", 400, NotFound, "Check its name"),
        ("InternalErrorException", 400, Unavailable, "Repeat later"),
        ("", 503, Unavailable, "Repeat later"),
        ("CreationLimitExceededException", 400, BadInput, "higher quota"),
        ("InvalidParameterException", 400, BadInput, "Correct the request"),
        ("ResourceNotFoundException", 404, NotFound, "Check its name"),
        ("ResourceConflictException", 409, Conflict, "Look at what is there"),
        ("ResourceInUseException", 400, Conflict, "Look at what is there"),
        ("PreconditionFailedException", 412, Conflict, "Look at what is there"),
        ("TooManyRequestsException", 429, Throttled, "fewer calls"),
        ("EC2ThrottledException", 502, Throttled, "fewer calls"),
        ("CodeStorageExceededException", 400, BadInput, "higher quota"),
        ("PolicyLengthExceededException", 400, BadInput, "higher quota"),
        ("ENILimitReachedException", 502, BadInput, "higher quota"),
        ("InvalidParameterValueException", 400, BadInput, "Correct the request"),
        ("InvalidZipFileException", 502, BadInput, "Correct the request"),
        ("RequestTooLargeException", 413, BadInput, "Correct the request"),
        ("KMSAccessDeniedException", 502, Denied, "Allow budgets:ViewBudget"),
        ("ResourceNotReadyException", 502, Unavailable, "Repeat later"),
        ("ServiceException", 500, Unavailable, "Repeat later"),
    ],
)
def test_an_answer_says_what_is_wrong_and_what_to_do(code, status, kind, advice):
    with (
        pytest.raises(kind, match="account:1") as error,
        AwsClients(**KEYS).errors("budgets:ViewBudget", "account:1"),
    ):
        raise answered(code, status)

    assert advice in error.value.advice


def test_nobody_at_the_address_is_a_reason_to_try_again_later():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    clients = AwsClients(endpoint_url=nobody, max_attempts=1, **KEYS)

    with pytest.raises(Unavailable, match="the caller's account: no answer"):
        clients.account()


@pytest.mark.parametrize("wrong", [{"profile": "not-there"}, {"endpoint_url": "not a url"}])
def test_settings_that_cannot_be_used_are_named_without_their_secrets(wrong):
    with pytest.raises(CloudOpsError) as error:
        AwsClients(**{**KEYS, **wrong}).account()

    assert "s3cr3t" not in f"{error.value}{error.value.__cause__}"
    assert error.value.advice


@pytest.mark.parametrize(
    "made", [lambda: AwsClients(profile="person").account(), lambda: S3ObjectStore(bucket="b", profile="person").head("k")]
)
def test_a_session_that_ended_asks_for_a_new_one_and_is_not_repeated(made, monkeypatch, tmp_path):
    settings = ("sso_start_url=https://example.awsapps.com/start", "sso_region=eu-west-1", "sso_account_id=1", "sso_role_name=r")
    (tmp_path / "config").write_text("\n".join(["[profile person]", "region=eu-west-1", *settings]))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(Denied) as error:
        made()

    assert "aws sso login" in error.value.advice


def test_the_same_client_is_used_again():
    clients = AwsClients(**KEYS)

    assert clients.client("budgets") is clients.client("budgets")


def test_clients_of_several_regions_share_what_takes_long_to_make(monkeypatch):
    made = []
    make = botocore.session.get_session
    monkeypatch.setattr("botocore.session.get_session", lambda: made.append(True) or make())
    clients = AwsClients(**KEYS)

    regions = [clients.client("lambda", region).meta.region_name for region in ("", "us-east-1", "eu-west-3")]

    assert regions == [KEYS["region"], "us-east-1", "eu-west-3"]
    assert len(made) == 1
