"""AWS Lambda over HTTP with the SDK's own clients: whole lists, throttling, lost answers, others' changes, other accounts."""

import base64
import hashlib
import io
import json
import random
import threading
import zipfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

import resources.aws.lambda_service as module
from resources.aws.clients import AwsClients
from resources.aws.downloads import downloaded
from resources.aws.lambda_service import AwsLambda
from resources.aws.lambda_translation import failure, grants
from resources.errors import BadInput, Conflict, Denied, NotFound, Throttled, Unavailable
from resources.lambda_layers import CodeStorage, Grant, LayerArn, MetricQuery, Place
from resources.lambda_service import NotConfigured
from sandbox.aws_lambda_fleet import fill
from sandbox.aws_lambda_metrics import put

OWN, OTHER, REGION = "123456789012", "111122223333", "eu-central-1"
HERE, THERE = Place(OWN, REGION), Place(OTHER, REGION)


def zipped(text="x = 1", name="python/a.py"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


@cache
def clients_of(url):
    """Made once: that takes longer than most tests."""
    return new_clients(url)


def new_clients(url, **more):
    usual = {"region": REGION, "access_key_id": "test", "secret_access_key": "test", "role": "ops/cloudops", "max_attempts": 1}
    return AwsClients(endpoint_url=url, connections=16, **{**usual, **more})


def made(aws, clients=None, **more):
    clients = clients or clients_of(aws.url)
    usual = {"accounts": [OTHER], "regions": [REGION], "test_role": "test", "poll_seconds": 0.05, "repeat_seconds": 20}
    return AwsLambda(clients=clients, **{**usual, **more})


@pytest.fixture
def service(aws_lambda):
    return made(aws_lambda)


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr("resources.aws.repeats._FIRST", 0.01)


def published(service, place=HERE, layer="lib", text="x = 1"):
    return service.publish(place, layer, zipped(text), "a layer", ["python3.12"], ["x86_64"], "MIT")


def function(service, place=HERE, name="f", layers=()):
    code = zipped("def handler(event, context):\n    return event\n", "app.py")
    return service.create_function(place, name, code, "app.handler", "python3.12", [str(arn) for arn in layers], {"team": "a"})


def requests(aws, operation):
    return aws.cloud.faults.requests.get(operation, 0)


class TestWhatIsThere:
    def test_places_begin_with_the_callers_account_and_name_each_once(self, aws_lambda):
        several = made(aws_lambda, accounts=[OTHER, OWN, OTHER], regions=["us-east-1", REGION])

        assert several.places() == [Place(account, region) for account in (OWN, OTHER) for region in ("us-east-1", REGION)]
        assert made(aws_lambda, regions=[]).places() == [HERE, THERE]

    def test_a_function_is_told_with_its_layers_in_their_order(self, service):
        first, second = published(service, layer="a"), published(service, layer="b")
        function(service, layers=[second.arn, first.arn])

        (found,) = service.functions(HERE, all_versions=False)

        assert (found.place, found.name, found.version, found.runtime) == (HERE, "f", "$LATEST", "python3.12")
        assert found.layers == (str(second.arn), str(first.arn))
        assert found.arn == f"arn:aws:lambda:{REGION}:{OWN}:function:f"
        assert found.last_modified.tzinfo is UTC
        assert service.function(HERE, "f") == found
        assert service.tags(HERE, found.arn) == {"team": "a"}

    def test_a_layer_version_is_told_by_its_arn_with_size_and_hash(self, service):
        content = zipped()
        version = published(service)

        assert version.sha256 == base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert (version.zip_bytes, version.license, version.runtimes) == (len(content), "MIT", ("python3.12",))
        assert service.layer_version(version.arn) == version
        assert service.download(version.arn) == content
        assert [one.arn for one in service.layer_versions(HERE, "lib")] == [version.arn]

    def test_what_is_not_there_is_not_found_and_its_removal_is_no_error(self, service):
        arn = LayerArn("aws", REGION, OWN, "lib", 7)

        for ask in (
            lambda: service.function(HERE, "none"),
            lambda: service.layer_version(arn),
            lambda: service.aliases(HERE, "f"),
        ):
            with pytest.raises(NotFound):
                ask()
        service.delete_version(arn)
        service.delete_function(HERE, "none")
        assert service.layer_versions(HERE, "lib") == []

    def test_a_deleted_version_is_gone_and_grants_of_it_are_none(self, service):
        version = published(service)
        service.grant(version.arn, Grant("one", OTHER), None)
        service.delete_version(version.arn)

        assert service.layers(HERE) == []
        assert service.grants(version.arn) == ((), None)

    def test_what_code_takes_is_told_beside_the_quota(self, service, aws_lambda):
        aws_lambda.cloud.most_stored = 1000
        version = published(service)

        assert service.code_storage(HERE) == CodeStorage(version.zip_bytes, 1000)
        with pytest.raises(BadInput, match="CodeStorageExceeded") as error:
            service.publish(HERE, "large", zipped(random.Random(1).randbytes(2000)), "", [], [])
        assert "quota" in error.value.advice


class TestLists:
    @pytest.fixture
    def truth(self, aws_lambda):
        """More than one page of everything in each account."""
        return fill(aws_lambda.cloud, 130, 600, accounts=(OWN, OTHER), region=REGION)

    def test_all_pages_are_read_though_every_third_call_is_throttled_and_all_is_told_once(self, service, aws_lambda, truth):
        for number in range(51):
            service.publish(HERE, "many", zipped(str(number)), "", [], [])
        owned = [layer for layer in truth.layers if layer.account == OWN]
        aws_lambda.cloud.faults.ask("throttle", percent=34, seed=5)

        versions = [one for place in (HERE, THERE) for one in service.functions(place, all_versions=True)]
        names = [(one.place, one.name) for place in (HERE, THERE) for one in service.functions(place, all_versions=False)]
        layers = service.layers(HERE)
        uses = defaultdict(set)
        for one in versions:
            for layer in one.layers:
                uses[layer].add(f"{one.place.account}:{one.name}:{one.version}")

        assert len(names) == len(set(names)) == truth.functions == 130
        assert len(versions) == truth.versions + truth.functions
        assert {layer: sorted(users) for layer, users in uses.items()} == {
            layer: sorted(users) for layer, users in truth.uses.items() if users
        }
        assert sorted(layers) == sorted({layer.layer for layer in owned} | {"many"})
        assert len(layers) > 50
        assert [one.arn.version for one in service.layer_versions(HERE, "many")] == list(range(51, 0, -1))
        assert min(aws_lambda.cloud.faults.struck[operation] for operation in ("ListFunctions", "ListLayers")) > 0

    def test_a_page_that_cannot_be_read_ends_the_list_with_its_error(self, aws_lambda, truth):
        impatient = made(aws_lambda, repeat_seconds=0)
        aws_lambda.cloud.faults.ask("throttle", operation="ListFunctions", after=1)
        aws_lambda.cloud.faults.ask("status", operation="ListLayers", after=1, status=500)

        with pytest.raises(Throttled):
            list(impatient.functions(HERE, all_versions=False))
        with pytest.raises(Unavailable):
            impatient.layers(HERE)

    def test_many_threads_use_one_client(self, service, aws_lambda):
        function(service)
        fresh = made(aws_lambda, new_clients(aws_lambda.url))
        barrier = threading.Barrier(16)

        def ask(number):
            barrier.wait()
            return fresh.function(HERE, "f").name if number % 2 == 0 else fresh.layers(THERE)

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(ask, range(16)))
        assert answers == ["f", []] * 8


class TestLostAnswers:
    """A change whose answer is lost was done or not: it is done once in the end, and never taken for somebody else's."""

    @pytest.fixture(params=["drop", "drop_after"])
    def lose(self, request, aws_lambda):
        return lambda operation: aws_lambda.cloud.faults.ask(request.param, operation=operation, times=1)

    def test_a_layer_is_published_once(self, service, lose):
        published(service)
        lose("PublishLayerVersion")

        again = published(service)

        assert again.arn.version == 2
        assert [one.arn.version for one in service.layer_versions(HERE, "lib")] == [2, 1]

    def test_layers_are_set(self, service, lose):
        version, before = published(service), function(service)
        lose("UpdateFunctionConfiguration")

        after = service.set_layers(HERE, "f", [str(version.arn)], before.revision)

        assert after.layers == (str(version.arn),)
        assert after == service.function(HERE, "f")

    def test_a_function_is_made_once(self, service, lose):
        lose("CreateFunction")

        assert function(service).name == "f"
        with pytest.raises(Conflict):
            function(service)

    def test_a_version_is_published_once(self, service, lose):
        before = function(service)
        lose("PublishVersion")

        assert service.publish_version(HERE, "f", before.code_sha256, before.revision).version == "1"
        assert [one.version for one in service.functions(HERE, all_versions=True)] == ["$LATEST", "1"]

    def test_an_alias_points_elsewhere(self, service, aws_lambda, lose):
        before = function(service)
        service.publish_version(HERE, "f", before.code_sha256, before.revision)
        aws_lambda.client().create_alias(FunctionName="f", Name="live", FunctionVersion="$LATEST")
        (alias,) = service.aliases(HERE, "f")
        lose("UpdateAlias")

        changed = service.set_alias(HERE, "f", "live", "1", {}, alias.revision)

        assert (changed.version, changed.versions) == ("1", {"1"})
        assert service.aliases(HERE, "f") == [changed]

    def test_a_grant_is_given_and_taken_back_once(self, service, lose):
        version = published(service)
        given = Grant("one", OTHER)
        lose("AddLayerVersionPermission")
        service.grant(version.arn, given, None)
        found, revision = service.grants(version.arn)
        lose("RemoveLayerVersionPermission")
        service.revoke(version.arn, "one", revision)

        assert found == [given]
        assert service.grants(version.arn) == ((), None)
        service.revoke(version.arn, "one", None)

    def test_what_is_removed_is_gone(self, service, lose):
        version, _ = published(service), function(service)
        lose("DeleteLayerVersion")
        lose("DeleteFunction")

        service.delete_version(version.arn)
        service.delete_function(HERE, "f")

        assert service.layers(HERE) == []
        assert list(service.functions(HERE, all_versions=False)) == []

    def test_a_call_of_a_function_is_not_sent_again(self, service, aws_lambda):
        function(service)
        aws_lambda.cloud.faults.ask("drop_after", operation="Invoke", times=1)

        with pytest.raises(Unavailable):
            service.invoke(HERE, "f", "{}")
        assert requests(aws_lambda, "Invoke") == 1

    def test_a_change_that_is_never_answered_is_told(self, aws_lambda):
        impatient = made(aws_lambda, repeat_seconds=0)
        aws_lambda.cloud.faults.ask("drop", operation="PublishLayerVersion")

        with pytest.raises(Unavailable):
            published(impatient)
        assert requests(aws_lambda, "PublishLayerVersion") == 1


class TestOthersChanges:
    def test_a_function_that_somebody_changed_keeps_its_layers(self, service, aws_lambda):
        version, before = published(service), function(service)
        aws_lambda.client().update_function_configuration(FunctionName="f", MemorySize=512)

        with pytest.raises(Conflict):
            service.set_layers(HERE, "f", [str(version.arn)], before.revision)
        assert service.function(HERE, "f").layers == ()

    def test_somebody_who_changes_it_while_the_answer_is_lost_is_not_overruled(self, service, aws_lambda):
        version, before = published(service), function(service)
        theirs = published(service, layer="theirs")
        aws_lambda.cloud.faults.ask("drop", operation="UpdateFunctionConfiguration", times=1)
        aws_lambda.cloud.faults.ask("latency", operation="GetFunctionConfiguration", times=1, seconds=0.5)
        client = aws_lambda.client()
        their_change = threading.Timer(
            0.2, lambda: client.update_function_configuration(FunctionName="f", Layers=[str(theirs.arn)])
        )
        their_change.start()

        with pytest.raises(Conflict, match="somebody else"):
            service.set_layers(HERE, "f", [str(version.arn)], before.revision)
        their_change.join()
        assert service.function(HERE, "f").layers == (str(theirs.arn),)

    def test_layers_are_set_when_the_update_is_over(self, service, aws_lambda):
        version, before = published(service), function(service)
        aws_lambda.cloud.update_seconds = 0.3

        after = service.set_layers(HERE, "f", [str(version.arn)], before.revision)

        assert after.is_ready
        assert after.layers == (str(version.arn),)
        with pytest.raises(Unavailable, match="not ready within 0 s"):
            made(aws_lambda, longest_wait_seconds=0).set_layers(HERE, "f", [], after.revision)

    def test_a_version_is_not_published_of_code_that_changed(self, service, aws_lambda):
        before = function(service)

        with pytest.raises(Conflict, match="CodeSHA256"):
            service.publish_version(HERE, "f", base64.b64encode(b"0" * 32).decode(), before.revision)
        with pytest.raises(Conflict):
            service.publish_version(HERE, "f", before.code_sha256, "00000000-0000-0000-0000-000000000000")

    def test_a_grant_that_is_there_or_of_a_policy_that_changed_is_a_conflict(self, service):
        version = published(service)
        service.grant(version.arn, Grant("one", OTHER), None)

        with pytest.raises(Conflict):
            service.grant(version.arn, Grant("one", OTHER), None)
        with pytest.raises(Conflict):
            service.grant(version.arn, Grant("two", OTHER), "00000000-0000-0000-0000-000000000000")
        assert [grant.statement_id for grant in service.grants(version.arn)[0]] == ["one"]


class TestOtherAccounts:
    def test_each_account_has_its_own_functions_and_layers(self, service):
        published(service, HERE, "ours")
        theirs = published(service, THERE, "theirs")

        assert (service.layers(HERE), service.layers(THERE)) == (["ours"], ["theirs"])
        assert theirs.arn.account == OTHER
        assert function(service, THERE, "g", [theirs.arn]).layers == (str(theirs.arn),)

    def test_a_role_is_assumed_once_and_used_for_all_that_is_asked(self, aws_lambda):
        service = made(aws_lambda, new_clients(aws_lambda.url))
        service.layers(THERE)
        service.code_storage(THERE)

        assert service.clients.client("sts", REGION, OTHER).get_caller_identity()["Arn"].endswith(
            "assumed-role/cloudops/cloudops"
        )  # fmt: skip
        assert list(service.clients._roles) == [OTHER]

    def test_credentials_that_are_no_longer_accepted_are_renewed(self, service, aws_lambda):
        service.layers(THERE)
        fault = {"status": 403, "code": "ExpiredTokenException", "times": 1}
        aws_lambda.cloud.faults.ask("status", account=OTHER, **fault)
        aws_lambda.cloud.faults.ask("status", account=OWN, **fault)

        assert service.layers(THERE) == []
        with pytest.raises(Denied, match="ExpiredToken") as error:
            service.layers(HERE)
        assert "Renew" in error.value.advice

    def test_a_version_of_an_account_that_cannot_be_entered_is_asked_for_by_whoever_was_granted_it(self, service, aws_lambda):
        strange = Place("444455556666", REGION)
        version = published(made(aws_lambda, accounts=[strange.account]), strange)

        with pytest.raises(Denied):
            service.layer_version(version.arn)
        made(aws_lambda, accounts=[strange.account]).grant(version.arn, Grant("one", OTHER), None)
        assert service.layer_version(version.arn) == version
        assert service.download(version.arn) == zipped()

    def test_a_function_is_not_given_a_layer_that_its_account_was_not_granted_and_it_says_by_whom(self, service):
        theirs, before = published(service, THERE), function(service)

        with pytest.raises(Denied) as error:
            service.set_layers(HERE, "f", [str(theirs.arn)], before.revision)
        assert error.value.advice.startswith(f"Let account {OTHER} grant {theirs.arn} to {OWN}")

    def test_an_account_without_a_role_to_assume_says_what_to_set(self, aws_lambda):
        clients = new_clients(aws_lambda.url, role="")

        assert "CLOUDOPS_LAMBDA_ROLE" in AwsLambda(clients=clients, accounts=[OTHER]).missing()
        assert AwsLambda(clients=clients).missing() is None
        with pytest.raises(BadInput, match="no role is named"):
            AwsLambda(clients=clients, accounts=[OTHER]).layers(THERE)


class TestGrants:
    def test_an_account_an_organisation_and_everybody_are_told_apart(self, service):
        version = published(service)
        wanted = [Grant("account", OTHER), Grant("organisation", "*", "o-abcdefghij"), Grant("everybody", "*")]
        for one in wanted:
            service.grant(version.arn, one, service.grants(version.arn)[1])

        assert service.grants(version.arn)[0] == wanted

    def test_statements_in_other_words_are_understood(self):
        said = {
            "Sid": "s", "Effect": "Allow", "Action": ["lambda:GetLayerVersion"], "Principal": {"AWS": ["1" * 12, "*"]},
            "Condition": {"StringEquals": {"AWS:PrincipalOrgId": ["o-1"]}},
        }  # fmt: skip
        assert grants(json.dumps({"Statement": said})) == [Grant("s", "1" * 12, "o-1"), Grant("s", "*", "o-1")]
        assert grants(json.dumps({"Statement": [{**said, "Effect": "Deny"}]})) == []


class TestLargeLayers:
    @pytest.fixture(autouse=True)
    def _small_limit(self, monkeypatch):
        monkeypatch.setattr(module, "MOST_DIRECT_ZIP_BYTES", 10)

    def test_one_goes_through_the_bucket_which_is_empty_afterwards(self, aws_lambda):
        s3 = aws_lambda.client("s3", account=OTHER)
        s3.create_bucket(Bucket=f"large-{OTHER}-{REGION}", CreateBucketConfiguration={"LocationConstraint": REGION})
        service = made(aws_lambda, layer_bucket="large-{account}-{region}")

        version = published(service, THERE)

        assert service.download(version.arn) == zipped()
        assert "Contents" not in s3.list_objects_v2(Bucket=f"large-{OTHER}-{REGION}")

    def test_without_a_bucket_it_says_what_to_set(self, service):
        with pytest.raises(BadInput, match="too large") as error:
            published(service)
        assert "CLOUDOPS_LAYER_BUCKET" in error.value.advice

    def test_what_somebody_else_put_in_its_place_is_not_kept(self, aws_lambda, monkeypatch):
        s3 = aws_lambda.client("s3")
        s3.create_bucket(Bucket="shared", CreateBucketConfiguration={"LocationConstraint": REGION})
        service = made(aws_lambda, layer_bucket="shared")
        aws_lambda.cloud.faults.ask("latency", operation="PublishLayerVersion", seconds=0.5)

        def swap():
            (there,) = s3.list_objects_v2(Bucket="shared")["Contents"]
            s3.put_object(Bucket="shared", Key=there["Key"], Body=zipped("evil"))

        threading.Timer(0.25, swap).start()
        with pytest.raises(Conflict, match="not made of the zip"):
            published(service)
        assert service.layers(HERE) == []


class TestDownloads:
    def test_content_that_is_longer_or_other_than_said_is_refused(self, service):
        version = published(service)
        content = service._described(version.arn)["Content"]
        rest = (content["CodeSha256"], "the layer", service.clients.endpoint_url)

        assert downloaded(content["Location"], content["CodeSize"], *rest) == zipped()
        with pytest.raises(Unavailable, match="not what AWS says"):
            downloaded(content["Location"], content["CodeSize"] - 1, *rest)
        with pytest.raises(Unavailable, match="not what AWS says"):
            downloaded(content["Location"], content["CodeSize"], "other", *rest[1:])
        with pytest.raises(NotFound):
            downloaded(content["Location"].replace("/lib/", "/none/"), 1, *rest)

    def test_an_embedded_deployment_asks_nobody_else(self):
        with pytest.raises(BadInput, match="not in the embedded cloud"):
            downloaded("https://prod-04-2014-layers.s3.amazonaws.com/x", 1, "", "the layer", "http://127.0.0.1:1")


class TestCalls:
    def test_an_answer_is_told_with_the_end_of_the_log(self, service):
        function(service)

        answer = service.invoke(HERE, "f", '{"a": 1}', with_log=True)

        assert json.loads(answer.payload) == {"a": 1}
        assert answer.error is None
        assert "REPORT" in answer.log
        assert 0 < answer.seconds < 30

    def test_a_function_that_fails_is_no_failure_of_the_call(self, service):
        service.create_function(
            HERE, "g", zipped("def handler(e, c):\n    1 / 0\n", "app.py"), "app.handler", "python3.12", [], {}
        )

        answer = service.invoke(HERE, "g", "{}")

        assert answer.error == "Unhandled"
        assert "ZeroDivisionError" in answer.payload
        assert answer.log == ""

    def test_a_function_for_tests_needs_a_role(self, aws_lambda):
        with pytest.raises(BadInput, match="no execution role") as error:
            function(made(aws_lambda, test_role=""))
        assert "CLOUDOPS_LAMBDA_TEST_ROLE" in error.value.advice

    def test_a_function_for_tests_has_the_role_of_its_own_account(self, service, aws_lambda):
        function(service, THERE)

        found = aws_lambda.client(account=OTHER).get_function_configuration(FunctionName="f")
        assert found["Role"] == f"arn:aws:iam::{OTHER}:role/test"

    def test_an_update_that_failed_says_why(self):
        assert failure({"State": "Active", "LastUpdateStatus": "Successful"}) is None
        assert failure({"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no"}) == "no"
        assert failure({"State": "Failed", "StateReasonCode": "InvalidImage", "StateReason": "no"}) == "InvalidImage: no"
        assert failure({"State": "Failed"}) == "AWS gives no reason"


class TestMetrics:
    END = datetime(2026, 11, 16, 12, tzinfo=UTC)

    def put(self, function, value, at, qualifier=None):
        put(OWN, REGION, function, {"Errors": value}, qualifier=qualifier, at=at)

    def test_values_come_in_the_order_of_the_queries_and_silence_is_no_zero(self, service, aws_lambda):
        hour = timedelta(hours=1)
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.put("f", 3.0, now - 2 * hour)
        self.put("f", 5.0, now - hour)
        self.put("f", 7.0, now - hour, "live")

        found = service.metrics(
            HERE,
            [MetricQuery("g", "Errors", "Sum"), MetricQuery("f", "Errors", "Sum", "f:live"), MetricQuery("f", "Errors", "Sum")],
            now - 3 * hour, now, 3600,
        )  # fmt: skip

        assert found == [{}, {now - hour: 7.0}, {now - 2 * hour: 3.0, now - hour: 12.0}]

    def test_more_queries_than_a_call_takes_are_asked_in_several(self, service, aws_lambda):
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        hour = timedelta(hours=1)
        for number in (0, 499, 500, 700):
            self.put(f"f{number}", float(number + 1), now - hour)

        found = service.metrics(HERE, [MetricQuery(f"f{n}", "Errors", "Sum") for n in range(701)], now - hour, now, 3600)

        assert {n: list(values.values()) for n, values in enumerate(found) if values} == {
            0: [1.0], 499: [500.0], 500: [501.0], 700: [701.0]
        }  # fmt: skip
        assert service.metrics(HERE, [], now - hour, now, 3600) == []


def test_a_deployment_without_aws_says_what_to_set_and_has_no_empty_lists():
    service = NotConfigured(advice="Set it.")

    assert service.missing() == "Set it."
    for ask in (service.places, lambda: service.functions(HERE, all_versions=True), lambda: service.layers(HERE)):
        with pytest.raises(BadInput, match="not configured") as error:
            ask()
        assert error.value.advice == "Set it."
