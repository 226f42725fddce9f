"""`cloudops doctor` as an operator meets it: against clouds over HTTP that work, refuse, or do not answer."""

import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
import requests
from click.testing import Result
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.doctor import Answer, Finding, Probe, examine, run
from orchestration.probes_of_databases import of_databases
from orchestration.probes_of_lambda import of_lambda
from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from resources.aws.custom_metrics import CloudWatchMetrics
from resources.clock import Clock
from resources.embedded_clock import EmbeddedClock
from resources.oci import policies
from resources.oci.autonomous_databases import OciAutonomousDatabases
from resources.oci.clients import OciClients
from resources.oci.database_metrics import OciDatabaseMetrics
from resources.rest_sql import RestSqlSessions
from sandbox.aws_accounts import key_of
from sandbox.oci.clock import Clock as CloudClock
from sandbox.oci.clock import text
from sandbox.oci.ords import PASSWORD, USER
from sandbox.oci.services import object_storage
from sandbox.oci.services.database import add_database, contents
from sandbox.oci.services.database import faults as database_faults
from tests.sandboxes import Sandbox, running

PROJECT = Path(__file__).parents[2]
REPORTS_POLICY = (
    f"It needs this policy: define tenancy usage-report as {policies.REPORTS_TENANCY}; "
    "endorse group cloudops to read objects in tenancy usage-report"
)
SECRET, KEY, TOKEN = (
    "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12",
    "AKIAIOSFODNN7EXAMPLE",
    "T0000000/B0000000/XyXyXyXyXyXyXyXyXyXyXyXy",
)
BUCKETS = {"BILLING_BUCKET": "bills", "INPUTS_BUCKET": "inputs", "REPORT_BUCKET": "reports", "LAKE_BUCKET": "lake"}
PRODUCTION = {
    "CLOUDOPS_DEPLOYMENT": "production",
    "CLOUDOPS_BILLING_BUCKET": "bills",
    "CLOUDOPS_BILLING_PREFIX": "exports",
    "CLOUDOPS_INPUTS_BUCKET": "inputs",
    "CLOUDOPS_REPORT_BUCKET": "reports",
    "CLOUDOPS_LAKE_ROOT": "s3://lake/tables",
    "CLOUDOPS_REGION": "us-east-1",
    "CLOUDOPS_NOTIFY_URL": f"slack://{TOKEN}",
}
OTHER = "111122223333"
Key = tuple[str, str]


@dataclass
class Aws:
    """The embedded AWS in a process of its own: delta-rs does not let another thread of this one answer it."""

    url: str
    users: int = 0

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": "root", "aws_secret_access_key": "root"}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **keys)

    def authorize(self, after: str) -> None:
        """Hold every request after so many against the policy of its caller."""
        requests.post(f"{self.url}/moto-api/reset-auth", data=after.encode(), timeout=10).raise_for_status()

    def key_of_user(self, statements: list[dict[str, Any]]) -> tuple[str, str]:
        """Key and secret of a new user with that policy."""
        self.users += 1
        iam, name = self.client("iam"), f"cloudops-{self.users}"
        iam.create_user(UserName=name)
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_user_policy(UserName=name, PolicyName="cloudops", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]


@pytest.fixture(scope="module")
def served_aws() -> Iterator[Aws]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--oci-port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True, cwd=PROJECT) as process:
        assert process.stdout is not None
        aws = Aws(next(line.rsplit(" ", 1)[1].strip() for line in process.stdout if "sandbox ready at" in line))
        s3 = aws.client("s3")
        for bucket in BUCKETS.values():
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="exports/first.csv", Body=b"a,b")
        yield aws
        process.terminate()


@pytest.fixture
def aws(served_aws: Aws) -> Iterator[Aws]:
    yield served_aws
    served_aws.authorize("inf")


@pytest.fixture
def oracle(tmp_path: Path) -> Iterator[Sandbox]:
    with running(tmp_path / "cloud", CloudClock()) as sandbox:
        store = sandbox.cloud.store
        place = (store, object_storage.REPORTS_NAMESPACE, sandbox.tenancy)
        object_storage.add_object(*place, "reports/cost-csv/1.csv.gz", b"report", text(store.clock.now()))
        yield sandbox


@dataclass
class Doctor:
    """The command, whose output never has a secret."""

    setenv: Callable[[str, str], None]
    secrets: list[str] = field(default_factory=lambda: [SECRET, KEY, TOKEN, TOKEN.rpartition("/")[2]])

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self.setenv(name, value)

    def key(self, access: str, secret: str) -> None:
        self.secrets.append(secret)
        self.set(AWS_ACCESS_KEY_ID=access, AWS_SECRET_ACCESS_KEY=secret)

    def __call__(self, *arguments: str) -> Result:
        result = CliRunner().invoke(app, ["doctor", *arguments], env={"COLUMNS": "200"})
        assert not [secret for secret in self.secrets if secret in result.output]
        assert "PRIVATE KEY" not in result.output
        assert "Traceback" not in result.output
        return result

    def findings(self, *arguments: str) -> dict[Key, dict[str, str]]:
        found = json.loads(self("--json", *arguments).stdout)["checks"]
        return {(one["cloud"], one["name"]): one for one in found}


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Doctor:
    monkeypatch.chdir(tmp_path)
    for name in ("CLOUDOPS_DEPLOYMENT", "CLOUDOPS_BILLING_ROOT", "CLOUDOPS_INPUTS_ROOT", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # the command sets them: this puts them back
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return Doctor(monkeypatch.setenv)


@pytest.fixture
def production(doctor: Doctor, aws: Aws, oracle: Sandbox) -> Doctor:
    """A deployment in which everything is as it should be."""
    doctor.set(**PRODUCTION, AWS_ENDPOINT_URL=aws.url, AWS_ALLOW_HTTP="true")
    doctor.key(KEY, SECRET)
    doctor.set(CLOUDOPS_OCI_TENANCY=oracle.tenancy, CLOUDOPS_OCI_HOME_REGION="eu-frankfurt-1")
    doctor.set(CLOUDOPS_OCI_CONFIG_FILE=oracle.config_file, CLOUDOPS_OCI_ENDPOINT=oracle.url)
    return doctor


def of_lambda_alone() -> list[Finding]:
    """What is asked of Lambda, without the rest of the deployment."""
    with dg.build_resources({"service": resources_for(current_settings())["lambda_service"]}) as made:
        return run(of_lambda(made.service, Clock(), ""), 30)


def probed(findings: list[Finding]) -> dict[Key, dict[str, str]]:
    return {(found.cloud, found.name): found.as_dict() for found in findings}


def amiss(findings: dict[Key, dict[str, str]]) -> dict[Key, dict[str, str]]:
    return {key: one for key, one in findings.items() if one["outcome"] in ("missing", "failed")}


class TestWhereAllIsWell:
    def test_every_connection_works_and_what_would_change_something_is_not_tried(self, production):
        findings = production.findings()

        states = {one["outcome"]: {k for k, o in findings.items() if o["outcome"] == one["outcome"]} for one in findings.values()}
        assert set(states) == {"works", "not checked", "not configured"}, amiss(findings)
        assert states["not configured"] == {
            ("local", "documents"),
            ("local", "invoices"),
            ("local", "knowledge base"),
            ("oci", "databases: SQL"),
            ("aws", "layers: test role"),
        }
        assert "CLOUDOPS_DOCUMENTS" in findings["local", "documents"]["fix"]
        assert {("local", "embedding model"), ("local", "search log")} <= states["works"]
        assert states["not checked"] == {
            ("local", "notifications"),
            ("aws", "reports: writing"),
            ("aws", "lake: writing"),
            ("aws", "budgets: changing"),
            ("oci", "budgets: changing"),
            ("aws", "actions: changing"),
            ("oci", "actions: changing"),
            ("oci", "databases: metrics"),
            ("aws", "functions and layers: changing"),
        }
        assert findings["oci", "databases: metrics"]["detail"] == "no database runs"
        assert "CLOUDOPS_DATABASE_USER" in findings["oci", "databases: SQL"]["fix"]
        assert findings["aws", "lake: writing"]["fix"].endswith("s3:PutObject and s3:DeleteObject on arn:aws:s3:::lake/*.")
        assert findings["oci", "budgets: changing"]["fix"].endswith("Allow group cloudops to manage usage-budgets in tenancy")
        assert findings["oci", "actions: changing"]["fix"].endswith("Allow group cloudops to use autonomous-databases in tenancy")
        assert "ActOnResources" in findings["aws", "actions: changing"]["fix"]
        assert "account 123456789012" in findings["aws", "caller"]["detail"]

    def test_nothing_is_changed(self, production, oracle):
        def state() -> tuple[Any, Any]:
            saved = json.loads(oracle.cloud.store.save().read_text())
            return {name: rows for name, rows in saved["tables"].items() if rows}, saved["changes"]

        before = state()
        production.findings()

        assert state() == before

    def test_people_get_a_table_and_the_statements_whole_on_a_line_of_their_own(self, production):
        result = production()

        assert result.exit_code == 0, result.output
        assert "Nothing is missing, nothing failed." in result.output
        lines = [line.strip() for line in result.output.splitlines()]
        assert "It needs this policy: Allow group cloudops to manage usage-budgets in tenancy" in lines

    def test_machines_get_one_object_with_keys_that_stay(self, production):
        result = production("--json")

        told = json.loads(result.stdout)
        assert (result.exit_code, told["ok"], set(told)) == (0, True, {"ok", "checks"})
        assert {tuple(check) for check in told["checks"]} == {("name", "cloud", "purpose", "outcome", "detail", "fix")}
        named = [(check["cloud"], check["name"]) for check in told["checks"]]
        assert len(set(named)) == len(named)

    def test_the_demo_has_its_clouds_started_and_examined(self, doctor):
        result = doctor("--json")

        told = json.loads(result.stdout)
        wrong = [f"{check['name']}: {check['detail']}" for check in told["checks"] if check["outcome"] in ("missing", "failed")]
        assert wrong == []
        assert (result.exit_code, told["ok"]) == (0, True)
        works = {(check["cloud"], check["name"]) for check in told["checks"] if check["outcome"] == "works"}
        assert {
            ("oci", "cost reports"),
            ("oci", "usage"),
            ("oci", "databases"),
            ("oci", "databases: metrics"),
            ("oci", "databases: SQL"),
            ("aws", "billing files"),
            ("aws", "budgets"),
            ("local", "lake"),
        } <= works

    def test_ones_own_bills_need_no_cloud(self, doctor, tmp_path):
        bills = tmp_path / "bills"
        bills.mkdir()
        (bills / "bill.csv").write_text("a,b\n")

        result = doctor("--json", "--data", str(bills))

        outcomes = {(c["cloud"], c["name"]): c["outcome"] for c in json.loads(result.stdout)["checks"]}
        assert result.exit_code == 0
        assert outcomes["local", "billing files"] == "works"
        assert {outcome for (cloud, _), outcome in outcomes.items() if cloud != "local"} == {"not configured"}


class TestOracle:
    def test_a_permission_that_is_missing_is_named_by_its_statement(self, production, oracle):
        statements = {
            ("list_compartments", "compartments"): "inspect compartments",
            ("list_tag_namespaces", "tags"): "inspect tag-namespaces",
            ("list_budgets", "budgets"): "read usage-budgets",
            ("list_metrics", "metrics"): "read metrics",
            ("list_autonomous_databases", "databases"): "inspect autonomous-databases",
            ("request_summarized_usages", "usage"): "read usage-report",
        }
        for operation, _ in statements:
            oracle.fault("denied", operation=operation)

        wrong = amiss(production.findings())

        assert set(wrong) == {("oci", name) for _, name in statements}
        for (_, name), statement in statements.items():
            assert wrong["oci", name]["outcome"] == "missing"
            assert wrong["oci", name]["fix"].endswith(f"this policy: Allow group cloudops to {statement} in tenancy")

    def test_reports_that_may_not_be_read_ask_for_the_pair_of_define_and_endorse(self, production, oracle):
        oracle.fault("denied", operation="list_objects")

        result = production()

        assert result.exit_code == 1
        assert REPORTS_POLICY in result.output
        assert "must be the home region" in re.sub(r"\s+", " ", result.output)
        assert "1 of " in result.output

    def test_a_key_that_the_cloud_does_not_know_says_what_to_do(self, production, oracle):
        oracle.cloud.keys.keys.clear()

        wrong = amiss(production.findings())

        assert wrong["oci", "caller"]["outcome"] == "missing"
        assert wrong["oci", "caller"]["fix"].startswith("Check user, key and fingerprint of the OCI credentials")
        assert not {key for key in wrong if key[0] == "aws"}

    def test_a_configuration_file_that_is_not_there_is_told(self, production, tmp_path):
        production.set(CLOUDOPS_OCI_CONFIG_FILE=str(tmp_path / "none"))

        assert "configuration file" in production.findings()["oci", "caller"]["fix"]

    def test_credentials_of_another_tenancy_are_told(self, production, oracle):
        production.set(CLOUDOPS_OCI_TENANCY="ocid1.tenancy.oc1..other")

        found = production.findings()["oci", "caller"]

        assert found["outcome"] == "missing"
        assert f"Set CLOUDOPS_OCI_TENANCY to {oracle.tenancy}" in found["fix"]

    def test_an_address_where_nothing_answers_has_failed(self, production):
        production.set(CLOUDOPS_OCI_ENDPOINT="http://127.0.0.1:1")

        findings = production.findings()

        of_oci = {
            one["outcome"] for (cloud, name), one in findings.items() if cloud == "oci" and name != "clock" and ":" not in name
        }
        assert of_oci == {"failed"}
        assert "no answer" in findings["oci", "usage"]["detail"]
        assert "Check the network" in findings["oci", "usage"]["fix"]
        assert findings["oci", "clock"]["outcome"] == "not checked"

    def test_a_service_that_hangs_has_failed_and_holds_up_nothing(self, production, oracle):
        oracle.fault("latency", operation="list_budgets", seconds=13)

        findings = production.findings("--seconds", "10")

        assert (findings["oci", "budgets"]["outcome"], findings["oci", "budgets"]["detail"]) == ("failed", "no answer in 10 s")
        assert findings["oci", "compartments"]["outcome"] == "works"

    def test_a_tenancy_that_is_not_set_is_no_fault(self, production):
        production.set(CLOUDOPS_OCI_TENANCY="", CLOUDOPS_OCI_HOME_REGION="", CLOUDOPS_OCI_ENDPOINT="")

        findings = production.findings()

        assert {one["outcome"] for (cloud, _), one in findings.items() if cloud == "oci"} == {"not configured"}
        assert "CLOUDOPS_OCI_TENANCY" in findings["oci", "caller"]["fix"]
        assert not amiss(findings)


class TestDatabases:
    @pytest.fixture
    def asked(self, oracle) -> Callable[..., dict[str, Finding]]:
        """Findings about a fleet of one database, by name."""

        def findings(password: str = PASSWORD) -> dict[str, Finding]:
            clients = OciClients(config_file=oracle.config_file, endpoint=oracle.url)
            service, metrics = OciAutonomousDatabases(clients=clients), OciDatabaseMetrics(clients=clients)
            clock = EmbeddedClock(endpoint=oracle.url)
            found = run(of_databases(service, metrics, RestSqlSessions(user=USER, password=password), clock), 20)
            return {one.name: one for one in found}

        return findings

    @pytest.fixture
    def orders(self, oracle) -> str:
        store = oracle.cloud.store
        add_database(store, "eu-frankfurt-1", oracle.tenancy, "IDLE", lifecycleState="STOPPED")
        since = text(store.clock.now() - timedelta(days=2))
        return str(add_database(store, "eu-frankfurt-1", oracle.tenancy, "ORDERS", timeCreated=since).body["id"])

    def test_one_that_runs_is_asked_for_values_and_views(self, asked, orders):
        found = asked()
        assert {one.outcome for one in found.values()} == {"works"}
        assert "CpuUtilization of ORDERS" in found["databases: metrics"].detail
        assert "ORDERS lets the user in" in found["databases: SQL"].detail

    def test_views_that_are_hidden_are_named_with_their_grants(self, asked, orders, oracle):
        contents.disturb(oracle.cloud.store, orders, denied="gv$lock, gv$session")
        found = asked()["databases: SQL"]
        assert (found.outcome, found.fix) == ("missing", "Grant them SELECT on GV_$LOCK, GV_$SESSION.")

    def test_a_password_that_is_wrong_is_told_and_values_are_read_all_the_same(self, asked, orders):
        found = asked("Wrong-Password-1")
        assert found["databases: SQL"].outcome == "missing"
        assert "Check the user and password" in found["databases: SQL"].fix
        assert found["databases: metrics"].outcome == "works"

    def test_values_that_may_not_be_read_and_those_that_are_not_there_are_told_apart(self, asked, orders, oracle):
        database_faults.ask(oracle.cloud.store, orders, {"kind": "metrics_missing"})
        oracle.advance(8 * 3600)
        assert asked()["databases: metrics"].outcome == "not checked"
        oracle.fault("denied", operation="summarize_metrics_data")
        assert asked()["databases: metrics"].outcome == "missing"

    def test_a_fleet_that_may_not_be_listed_is_not_one_without_databases(self, asked, orders, oracle):
        oracle.fault("denied", operation="list_autonomous_databases")
        found = asked()["databases: SQL"]
        assert found.outcome == "not checked"
        assert "cannot be listed" in found.detail


class TestAws:
    @pytest.fixture
    def statements(self) -> list[dict[str, Any]]:
        """The policy of `deploy/policies`, for buckets of the test."""
        document = (PROJECT / "deploy" / "policies" / "aws.json").read_text()
        for placeholder, bucket in {**BUCKETS, "LAMBDA_ROLE": "cloudops"}.items():
            document = document.replace(placeholder, bucket)
        # the embedded AWS has names of its own for the actions budgets:ViewBudget and cloudwatch:…
        names = ["budgets:DescribeBudgets", "monitoring:GetMetricData", "monitoring:ListMetrics"]
        own_words = {"Effect": "Allow", "Action": names, "Resource": "*"}
        return [*json.loads(document)["Statement"], {**own_words, "Sid": "OwnWords"}]

    def test_the_policy_that_is_shipped_suffices(self, production, aws, statements):
        production.key(*aws.key_of_user(statements))
        aws.authorize("0")

        findings = production.findings()

        assert not amiss(findings), amiss(findings)

    def test_a_permission_that_is_missing_is_named_by_its_action(self, production, aws):
        production.key(*aws.key_of_user([{"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}]))
        aws.authorize("0")

        wrong = amiss(production.findings())

        assert {name: (one["outcome"], one["fix"]) for (_, name), one in wrong.items()} == {
            "billing files": ("missing", "Allow s3:ListBucket on arn:aws:s3:::bills."),
            "inputs": ("missing", "Allow s3:ListBucket on arn:aws:s3:::inputs."),
            "reports": ("missing", "Allow s3:ListBucket on arn:aws:s3:::reports."),
            "lake": ("missing", "Allow s3:ListBucket on arn:aws:s3:::lake."),
            "budgets": ("missing", "Allow budgets:ViewBudget."),
            "metrics": ("missing", "Allow cloudwatch:ListMetrics."),
            "metrics: values": ("missing", "Allow cloudwatch:GetMetricData."),
        }

    @pytest.fixture
    def other_account(self, production, aws):
        """One with a function and a layer, which is entered by a role."""
        keys = {"aws_access_key_id": key_of(OTHER), "aws_secret_access_key": "x"}
        client = boto3.client("lambda", endpoint_url=aws.url, region_name="us-east-1", **keys)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("python/a.py", "x = 1")
        code = {"ZipFile": buffer.getvalue()}
        layer = client.publish_layer_version(LayerName="lib", Content=code)["LayerVersionArn"]
        role = f"arn:aws:iam::{OTHER}:role/x"
        client.create_function(FunctionName="f", Runtime="python3.12", Handler="a.h", Role=role, Code=code, Layers=[layer])
        production.set(CLOUDOPS_LAMBDA_ACCOUNTS=OTHER, CLOUDOPS_LAMBDA_ROLE="cloudops")
        yield f"functions and layers: {OTHER}"
        client.delete_function(FunctionName="f")
        requests.delete(f"{aws.url}/moto-api/lambda/faults", timeout=10)

    def test_each_account_with_functions_and_layers_is_read_in_each_region(self, production, other_account):
        production.set(CLOUDOPS_LAMBDA_REGIONS="us-east-1,eu-central-1", CLOUDOPS_LAMBDA_TEST_ROLE="test")

        findings = probed(of_lambda_alone())

        assert findings["aws", "functions and layers"]["detail"] == "account 123456789012 can be read in us-east-1, eu-central-1"
        assert findings["aws", other_account]["detail"] == f"account {OTHER} can be read in us-east-1, eu-central-1"
        assert "iam:PassRole" in findings["aws", "layers: test role"]["fix"]
        assert "aws-lambda-account.json" in findings["aws", "functions and layers: changing"]["fix"]

    @pytest.mark.parametrize(
        "action",
        [
            "ListFunctions", "ListLayers", "GetAccountSettings", "GetFunctionConfiguration", "ListAliases", "ListTags",
            "ListLayerVersions", "GetLayerVersionByArn", "GetLayerVersionPolicy",
        ],
    )  # fmt: skip
    def test_a_right_on_functions_and_layers_that_is_missing_is_named(self, production, aws, other_account, action):
        fault = {"kind": "status", "status": 403, "code": "AccessDeniedException", "operation": action, "account": OTHER}
        requests.post(f"{aws.url}/moto-api/lambda/faults", json=fault, timeout=10).raise_for_status()

        (found,) = amiss(probed(of_lambda_alone())).values()

        assert found["name"] == other_account
        assert (found["outcome"], found["fix"]) == ("missing", f"Allow lambda:{action.removesuffix('ByArn')} in {OTHER}.")

    def test_a_role_that_may_not_be_assumed_is_named(self, production, aws, other_account, statements):
        production.key(*aws.key_of_user([one for one in statements if one["Sid"] != "EnterAccounts"]))
        aws.authorize("0")

        wrong = amiss(probed(of_lambda_alone()))

        assert [name for _, name in wrong] == [other_account]
        assert f"Allow sts:AssumeRole on arn:aws:iam::{OTHER}:role/cloudops" in wrong["aws", other_account]["fix"]

    def test_accounts_without_a_role_to_assume_say_what_to_set(self, production):
        production.set(CLOUDOPS_LAMBDA_ACCOUNTS=OTHER)

        assert "CLOUDOPS_LAMBDA_ROLE" in production.findings()["aws", "functions and layers"]["fix"]

    def test_objects_that_are_listed_and_may_not_be_read_are_told(self, production, aws, statements):
        unread = ("ReadBillObjects", "ReadInputObjects", "WriteOwn")
        production.key(*aws.key_of_user([one for one in statements if one["Sid"] not in unread]))
        aws.authorize("0")

        wrong = amiss(production.findings())

        assert {name for _, name in wrong} == {"billing files", "inputs", "reports"}
        assert wrong["aws", "billing files"]["fix"].startswith("Allow s3:GetObject on arn:aws:s3:::bills/exports/first.csv")

    def test_a_key_that_aws_does_not_know_says_what_to_do(self, production, aws):
        aws.authorize("0")

        wrong = amiss(production.findings())

        assert {"caller", "billing files", "budgets"} <= {name for cloud, name in wrong if cloud == "aws"}
        renew = "Renew the AWS credentials of this process, and check its clock."
        assert {one["fix"] for (_, name), one in wrong.items() if not name.startswith("metrics")} == {renew}

    def test_a_secret_that_is_wrong_says_what_to_do_and_is_not_shown(self, production, aws, statements):
        access, _ = aws.key_of_user(statements)
        production.key(access, SECRET)
        aws.authorize("0")

        assert "Renew the AWS credentials" in production.findings()["aws", "caller"]["fix"]

    def test_no_credentials_at_all_are_told(self, production, monkeypatch, tmp_path):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))

        assert production.findings()["aws", "caller"]["fix"].startswith("Give this process a role, profile or key;")

    def test_a_bucket_that_is_not_there_is_told(self, production):
        production.set(CLOUDOPS_BILLING_BUCKET="nowhere")

        wrong = amiss(production.findings())

        assert set(wrong) == {("aws", "billing files")}
        assert wrong["aws", "billing files"]["fix"].startswith("Create the bucket, or correct its name")

    def test_an_address_where_nothing_answers_has_failed(self, production):
        production.set(AWS_ENDPOINT_URL="http://127.0.0.1:1")

        wrong = amiss(production.findings())

        assert {one["outcome"] for one in wrong.values()} == {"failed"}
        assert {"caller", "billing files", "inputs", "reports", "lake", "budgets", "metrics"} <= {name for _, name in wrong}
        assert "no answer" in wrong["aws", "billing files"]["detail"]

    def test_an_address_where_something_else_answers_is_told_in_words(self, production):
        class Proxy(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: Any) -> None:
                return

        with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            production.set(AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
            found = production.findings()["aws", "caller"]
            server.shutdown()

        assert (found["outcome"], found["detail"]) == ("failed", "the caller: what answers is not AWS")
        assert "Check the proxy" in found["fix"]


class TestSettings:
    def test_variables_that_are_missing_are_named_with_what_they_are_for(self, doctor):
        doctor.set(CLOUDOPS_DEPLOYMENT="production", CLOUDOPS_REGION="us-east-1", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        doctor.key(KEY, SECRET)

        findings = doctor.findings()

        told = findings["local", "settings"]
        assert told["outcome"] == "missing"
        assert "CLOUDOPS_LAKE_ROOT is not set (`s3://bucket/prefix` of the lake (production))" in told["detail"]
        assert "CLOUDOPS_BILLING_PREFIX is not set" in told["detail"]
        assert "CLOUDOPS_REGION" not in told["detail"]
        assert "CLOUDOPS_OCI" not in told["detail"]
        assert findings["aws", "lake"]["outcome"] == "not configured"
        assert findings["aws", "lake"]["fix"] == "Set CLOUDOPS_LAKE_ROOT."

    def test_a_prefix_may_be_empty(self, production):
        production.set(CLOUDOPS_BILLING_PREFIX="")

        assert production.findings()["local", "settings"]["outcome"] == "works"

    def test_a_tenancy_needs_its_home_region(self, production):
        production.set(CLOUDOPS_OCI_HOME_REGION="")

        assert "CLOUDOPS_OCI_HOME_REGION is not set" in production.findings()["local", "settings"]["detail"]

    def test_a_lake_that_is_no_bucket_is_told(self, production):
        production.set(CLOUDOPS_LAKE_ROOT="lake/tables")

        assert "s3://bucket/prefix" in production.findings()["aws", "lake"]["fix"]

    def test_a_value_that_is_not_allowed_is_told_with_those_that_are(self, doctor):
        doctor.set(CLOUDOPS_DEPLOYMENT="prodution")

        result = doctor("--json")

        (check,) = json.loads(result.stdout)["checks"]
        assert result.exit_code == 1
        assert "expected one of local, production" in check["detail"]

    def test_a_folder_of_bills_is_no_business_of_production(self, production, tmp_path):
        result = production("--data", str(tmp_path))

        assert result.exit_code == 2
        assert "has a bucket of its own" in result.output


class TestClock:
    @pytest.mark.parametrize(("ahead", "words"), [(7, "7 min ahead of"), (-9, "9 min behind")])
    def test_a_clock_that_would_break_signatures_is_told(self, production, ahead, words):
        moment = time.time() + ahead * 60
        wrong_clock = Clock(fixed_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment)))
        resources = {**resources_for(current_settings()), "clock": wrong_clock}

        found = {(one.cloud, one.name): one for one in examine(resources=resources)}

        for cloud, called in (("oci", "Oracle"), ("aws", "AWS")):
            assert found[cloud, "clock"].outcome == "missing"
            assert f"{words} {called}'s; {called} refuses signatures" in found[cloud, "clock"].detail
            assert "NTP" in found[cloud, "clock"].fix

    def test_the_time_is_told_to_a_caller_who_is_not_known_as_well(self, production, aws, oracle):
        oracle.cloud.keys.keys.clear()
        aws.authorize("0")

        findings = production.findings()

        assert (findings["oci", "clock"]["outcome"], findings["aws", "clock"]["outcome"]) == ("works", "works")


class TestProbes:
    def test_a_probe_that_breaks_hides_no_other_and_tells_no_secret(self):
        def broken() -> Answer:
            raise RuntimeError(f"password={SECRET}")

        first, second = run([Probe("a", "aws", "x", broken), Probe("b", "oci", "y", lambda: Answer("fine"))], 5)

        assert (first.outcome, second.outcome) == ("failed", "works")
        assert "RuntimeError" in first.detail
        assert SECRET not in first.detail

    def test_one_that_hangs_is_left_behind_when_its_time_is_over(self):
        never = threading.Event()

        def hanging() -> Answer:
            never.wait()
            return Answer("fine")

        started = time.monotonic()
        first, second = run([Probe("a", "aws", "x", hanging), Probe("b", "oci", "y", lambda: Answer("fine"))], 0.5)

        assert time.monotonic() - started < 5
        assert (first.outcome, first.detail, second.outcome) == ("failed", "no answer in 0.5 s", "works")
        never.set()

    def test_they_run_at_once_and_keep_their_order(self):
        def slow() -> Answer:
            time.sleep(0.5)
            return Answer("fine")

        started = time.monotonic()
        found = run([Probe(str(n), "aws", "x", slow) for n in range(10)], 5)

        assert time.monotonic() - started < 4
        assert [one.name for one in found] == [str(n) for n in range(10)]


class TestNotifications:
    @pytest.mark.parametrize(
        ("topic", "fix"),
        [
            ("arn:aws:sns:us-east-1:123456789012:alerts", "Allow sns:Publish on arn:aws:sns:us-east-1:123456789012:alerts."),
            ("ocid1.onstopic.oc1.eu-frankfurt-1.a", "It needs this policy: Allow group cloudops to use ons-topics in tenancy"),
        ],
    )
    def test_a_topic_needs_no_url_and_says_what_it_needs(self, doctor, topic, fix):
        doctor.set(
            **{**PRODUCTION, "CLOUDOPS_NOTIFY_URL": ""}, CLOUDOPS_NOTIFY_TOPIC=topic, AWS_ENDPOINT_URL="http://127.0.0.1:1"
        )
        doctor.key(KEY, SECRET)

        findings = doctor.findings("--seconds", "1")

        assert findings["local", "settings"]["outcome"] == "works"
        assert (findings["local", "notifications"]["outcome"], findings["local", "notifications"]["fix"]) == ("not checked", fix)


class TestPolicies:
    def test_the_policy_for_oci_has_the_statements_that_the_product_needs_and_no_other(self):
        assert shipped() == list(policies.of_product("group cloudops"))

    @pytest.mark.parametrize("module", ["budgets", "metrics_sink", "monitoring", "notifications", "usage"])
    def test_every_operation_of_a_resource_is_allowed_by_the_policy_for_oci(self, module):
        source = (PROJECT / "resources" / "oci" / f"{module}.py").read_text()
        named = re.findall(r'\.operation\(\s*"(\w+)",\s*"(\w+)"', source)
        called = named + [("budget", operation) for operation in re.findall(r'_call\("(\w+)"', source)]

        assert called
        for service, operation in called:
            for statement in policies.in_tenancy(service, operation, "group cloudops"):
                assert any(covers(allowed, statement) for allowed in shipped()), statement

    def test_the_policy_for_aws_has_the_buckets_of_the_settings_and_no_right_on_everything(self):
        document = (PROJECT / "deploy" / "policies" / "aws.json").read_text()

        assert all(placeholder in document for placeholder in BUCKETS)
        for statement in json.loads(document)["Statement"]:
            assert statement["Resource"] != "*" or is_bounded(statement)

    def test_the_policy_of_each_account_has_what_is_asked_of_lambda_there_and_no_more(self):
        folder = PROJECT / "resources" / "aws"
        sources = [*folder.glob("lambda_*.py"), folder / "staging.py"]
        called = {found for path in sources for found in re.findall(r'"((?:lambda|cloudwatch|s3):\w+)"', path.read_text())}
        document = (PROJECT / "deploy" / "policies" / "aws-lambda-account.json").read_text()
        statements = json.loads(document)["Statement"]
        # tags are given while a function is made, its role is passed, and the staged zip is read, in the name of the caller
        implied = {"lambda:TagResource", "iam:PassRole", "s3:GetObject"}

        assert len(called) > 20
        assert {action for statement in statements for action in statement["Action"]} == called | implied
        assert all(statement["Resource"] != "*" or is_bounded(statement) for statement in statements)
        for placeholder in ("LAMBDA_TEST_ROLE", "LAYER_BUCKET"):
            assert placeholder in document
        made = next(statement for statement in statements if "lambda:CreateFunction" in statement["Action"])
        assert made["Resource"].endswith(":function:cloudops-layer-test-*")

    def test_custom_metrics_are_allowed_in_their_own_namespace_alone(self):
        (allowed,) = [one for one in shipped_to_aws() if "cloudwatch:PutMetricData" in one["Action"]]
        namespace = CloudWatchMetrics.model_fields["namespace"].default

        assert allowed["Condition"] == {"StringEquals": {"cloudwatch:namespace": namespace}}


def shipped_to_aws() -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads((PROJECT / "deploy" / "policies" / "aws.json").read_text())["Statement"]
    return statements


def is_bounded(statement: dict[str, Any]) -> bool:
    """Whether it allows no more than to look, or has a condition."""
    return "Condition" in statement or all(re.search(r":(View|List|Get|Describe)", action) for action in statement["Action"])


VERBS = ("inspect", "read", "use", "manage")


def shipped() -> list[str]:
    lines = (PROJECT / "deploy" / "policies" / "oci.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def covers(allowed: str, wanted: str) -> bool:
    """Whether one statement allows what another one does: the same, or by a stronger verb."""
    have, need = (re.fullmatch(r"Allow group cloudops to (\w+) (.+)", text) for text in (allowed, wanted))
    if not (have and need):
        return False
    return have[2] == need[2] and VERBS.index(have[1]) >= VERBS.index(need[1])
