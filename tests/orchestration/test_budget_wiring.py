"""Which clouds' budgets a deployment keeps: those that it names, and never a real account from an embedded deployment."""

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.settings import current_settings
from orchestration.wiring import resources_for
from resources.aws.budgets import AwsBudgets
from resources.budgets import NotConfigured
from resources.oci.budgets import OciBudgets
from sandbox.oci.process import HOME_REGION
from tests.aws_budgets import aws
from tests.sandboxes import running


@pytest.fixture
def budgets(monkeypatch):
    def made(**variables: str):
        for name, value in variables.items():
            monkeypatch.setenv(f"CLOUDOPS_{name}", value)
        found = resources_for(current_settings())
        return found["oci_budgets"], found["aws_budgets"]

    return made


def test_an_embedded_deployment_without_clouds_has_none_and_says_what_to_set(budgets):
    oracle, amazon = budgets()

    assert isinstance(oracle, NotConfigured)
    assert isinstance(amazon, NotConfigured)
    assert "CLOUDOPS_OCI_TENANCY" in (oracle.missing() or "")
    assert "CLOUDOPS_AWS_ENDPOINT" in (amazon.missing() or "")


def test_an_embedded_deployment_asks_the_embedded_clouds(budgets):
    oracle, amazon = budgets(
        OCI_TENANCY="ocid1.tenancy.oc1..t", OCI_HOME_REGION="eu-frankfurt-1", OCI_ENDPOINT="http://o", AWS_ENDPOINT="http://a"
    )

    assert isinstance(oracle, OciBudgets)
    assert isinstance(amazon, AwsBudgets)
    assert (oracle.clients.endpoint, amazon.clients.endpoint_url) == ("http://o", "http://a")


def test_an_embedded_deployment_does_not_touch_a_real_tenancy_that_the_environment_names(budgets):
    oracle, _ = budgets(OCI_TENANCY="ocid1.tenancy.oc1..t", OCI_HOME_REGION="eu-frankfurt-1")
    wiring = resources_for(current_settings())

    for service in (oracle, wiring["oci_utilisation"], wiring["oci_actions"]):
        assert "CLOUDOPS_OCI_ENDPOINT" in (service.missing() or "")


def test_production_keeps_the_budgets_of_its_account_and_of_a_tenancy_that_is_named(budgets):
    oracle, amazon = budgets(DEPLOYMENT="production")

    assert isinstance(oracle, NotConfigured)
    assert isinstance(amazon, AwsBudgets)
    assert amazon.clients.endpoint_url is None


def test_the_job_of_the_code_location_plans_against_both_embedded_clouds(budgets, tmp_path):
    with running(tmp_path / "cloud") as sandbox, aws() as amazon:
        budgets(
            OCI_TENANCY=sandbox.tenancy,
            OCI_HOME_REGION=HOME_REGION,
            OCI_CONFIG_FILE=sandbox.config_file,
            OCI_ENDPOINT=sandbox.url,
            AWS_ENDPOINT=amazon,
        )
        config = {"targets": [{"system": "oci", "kind": "tag", "target": "a.b.c", "amount": 10, "currency": "EUR"}]}
        job = build_defs().resolve_job_def("finops_budgets")

        result = job.execute_in_process(run_config={"ops": {"reconcile_budgets": {"config": config}}})

        (output,) = [e for e in result.all_events if e.event_type == dg.DagsterEventType.STEP_OUTPUT]
        told = output.step_output_data.metadata
        assert (told["mode"].value, told["oci_create"].value, told["aws_create"].value) == ("plan", 1, 0)
