"""An embedded AWS with layers and functions in two accounts, and what the product knows of it: for assets and jobs of layers."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from resources.aws.clients import AwsClients
from resources.aws.lambda_service import AwsLambda
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from resources.tables import Table
from sandbox import aws_accounts
from sandbox.aws_lambda_server import ACCOUNT, REGION, Served, served
from tests.aws_lambdas import OTHER, make_function, publish_layer

YEAR = timedelta(days=365)


@dataclass(frozen=True)
class LayerWorld:
    """The cloud, and the product beside it."""

    aws: Served
    service: AwsLambda
    lake: Lake
    reports: LocalObjectStore
    inputs: LocalObjectStore

    def client(self, account: str = ACCOUNT) -> Any:
        return self.aws.client(account=account)

    def publish(self, name: str, number: int = 1, account: str = ACCOUNT, **more: Any) -> list[str]:
        """ARNs of new versions of a layer."""
        return [publish_layer(self.client(account), name, f"VALUE = {n}\n", **more) for n in range(number)]

    def function(self, name: str, *layers: str, account: str = ACCOUNT, **more: Any) -> None:
        make_function(self.client(account), name, Layers=list(layers), **more)

    def share(self, arn: str, principal: str, **more: Any) -> None:
        *_, name, version = arn.split(":")
        self.client(arn.split(":")[4]).add_layer_version_permission(
            LayerName=name,
            VersionNumber=int(version),
            StatementId="s",
            Action="lambda:GetLayerVersion",
            Principal=principal,
            **more,
        )

    def versions(self, name: str, account: str = ACCOUNT) -> list[int]:
        found = self.client(account).list_layer_versions(LayerName=name)["LayerVersions"]
        return sorted(one["Version"] for one in found)

    def resources(self, days: int = 0) -> dict[str, object]:
        clock = Clock(fixed_at=(datetime.now(UTC) + timedelta(days=days)).isoformat())
        return {
            "lake": self.lake, "clock": clock, "lambda_service": self.service, "report_store": self.reports,
            "inputs_store": self.inputs,
        }  # fmt: skip

    def materialize(self, assets: Sequence[Any], days: int = 0) -> dg.ExecuteInProcessResult:
        return dg.materialize(list(assets), resources=self.resources(days), raise_on_error=False)

    def run(self, job: dg.JobDefinition, days: int = 400, **config: Any) -> dg.ExecuteInProcessResult:
        return job.execute_in_process(
            run_config={"ops": {"clean_up_layers": {"config": config}}}, resources=self.resources(days), raise_on_error=False
        )

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return self.lake.scan(table).collect().to_dicts()


def told(result: dg.ExecuteInProcessResult, key: str) -> Any:
    """Metadata of the output of a job's only op."""
    outputs = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    return outputs[-1].step_output_data.metadata[key].value


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {one.check_name: one.passed for one in result.get_asset_check_evaluations()}


@contextmanager
def layer_world(folder: Path) -> Iterator[LayerWorld]:
    """An AWS without layers, of two accounts in one region."""
    for name in ("lake", "reports", "inputs"):
        (folder / name).mkdir()
    with served() as aws:
        clients = AwsClients(
            region=REGION, endpoint_url=aws.url, access_key_id=aws_accounts.key_of(ACCOUNT), secret_access_key="s",
            role="cloudops", connections=16,
        )  # fmt: skip
        service = AwsLambda(clients=clients, accounts=[OTHER], regions=[REGION], repeat_seconds=5)
        stores = [LocalObjectStore(root=str(folder / name)) for name in ("reports", "inputs")]
        yield LayerWorld(aws, service, Lake(root=str(folder / "lake")), *stores)
