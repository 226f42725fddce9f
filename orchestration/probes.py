"""What `cloudops doctor` asks of a deployment: a list of probes over the resources that it is wired with."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import dagster as dg

from orchestration.doctor import Answer, Cloud, Probe
from orchestration.probes_of_aws import of_aws
from orchestration.probes_of_databases import of_databases
from orchestration.probes_of_documents import embedding, finding, logging_searches, reading_if_named
from orchestration.probes_of_lambda import of_lambda
from orchestration.probes_of_oci import of_oci
from orchestration.probes_of_stores import cloud_of, lake_reading, lake_writing, reading, writing
from orchestration.settings import VARIABLES, Settings, unset
from orchestration.wiring import resources_for
from orchestration.wiring_of_documents import ORACLE
from resources.aws import identity as aws_identity
from resources.aws.notifications import SnsNotifier
from resources.both_clouds import BothClouds
from resources.notifier import LogNotifier, Notifier
from resources.oci import identity as oci_identity
from resources.oci import policies
from resources.oci.notifications import OnsNotifier

_OF_ORACLE = ("CLOUDOPS_ORACLE_DSN", "CLOUDOPS_ORACLE_USER", "CLOUDOPS_ORACLE_PASSWORD")
NEEDED: Mapping[str, tuple[str, ...]] = {
    "billing_store": ("CLOUDOPS_BILLING_BUCKET", "CLOUDOPS_BILLING_PREFIX", "CLOUDOPS_REGION"),
    "inputs_store": ("CLOUDOPS_INPUTS_BUCKET", "CLOUDOPS_REGION"),
    "report_store": ("CLOUDOPS_REPORT_BUCKET", "CLOUDOPS_REGION"),
    "lake": ("CLOUDOPS_LAKE_ROOT", "CLOUDOPS_REGION"),
    "aws_budgets": ("CLOUDOPS_REGION",),
    "lambda_service": ("CLOUDOPS_REGION",),
    "notifier": ("CLOUDOPS_NOTIFY_URL",),
}
"""Variables without which a resource of the production deployment cannot be made; a notifier to a topic needs none."""
_OF_OCI = ("CLOUDOPS_OCI_TENANCY", "CLOUDOPS_OCI_HOME_REGION")
_OF_DATABASES = ("autonomous_databases", "database_metrics", "database_sessions", "cloud_clock")
_MAY_BE_MISSING = ("aws_budgets", "lambda_service")
_SETTINGS = "which deployment this is, and where everything is"


def misconfigured(why: str) -> Probe:
    """The one probe of an environment that cannot be understood."""
    return Probe("settings", "local", _SETTINGS, lambda: Answer(why, "missing", "Correct that variable."))


def of_deployment(settings: Settings, stack: ExitStack, resources: Mapping[str, Any] | None = None) -> list[Probe]:
    """All probes of a deployment, or of resources in the place of its own; they are ready for as long as the stack is open."""
    wired = _Wired(settings, resources or resources_for(settings), stack)
    clock = wired.ready("clock")
    return [
        Probe("settings", "local", _SETTINGS, lambda: _settings(settings)),
        wired.probe("notifier", "notifications", "alerts reach people", _notifications, "local"),
        *_of_stores(wired),
        *_of_documents(wired),
        *of_oci(wired.ready("oci_clients"), wired.ready("oci_usage_source"), settings.clouds, clock, wired.reports),
        *of_databases(*(wired.ready(name) for name in _OF_DATABASES)),
        *of_aws(None if wired.lacks("aws_budgets") else wired.ready("aws_budgets").clients, clock, wired.lacks("aws_budgets")),
        *of_lambda(
            None if wired.lacks("lambda_service") else wired.ready("lambda_service"), clock, wired.lacks("lambda_service")
        ),
    ]


def warmed_up(probes: list[Probe]) -> None:
    """Import the SDKs of the clouds that are asked: several threads should not do that at once."""
    loaders: dict[Cloud, Callable[[], None]] = {"aws": aws_identity.load, "oci": oci_identity.load}
    for cloud in {probe.cloud for probe in probes} & loaders.keys():
        loaders[cloud]()


@dataclass(frozen=True, slots=True)
class _Wired:
    """The resources of a deployment, and what they lack."""

    settings: Settings
    resources: Mapping[str, Any]
    stack: ExitStack
    made: dict[str, Any] = field(default_factory=dict)
    instances: list[dg.DagsterInstance] = field(default_factory=list)

    def ready(self, name: str) -> Any:  # noqa: ANN401
        """A resource whose settings are those of the environment."""
        if name not in self.made:
            made = dg.build_resources({name: self.resources[name]}, instance=self._instance())
            self.made[name] = getattr(self.stack.enter_context(made), name)
        return self.made[name]

    def _instance(self) -> dg.DagsterInstance:
        """The instance in which all of them are made: one takes longer to set up than most probes."""
        if not self.instances:
            self.instances.append(self.stack.enter_context(dg.DagsterInstance.ephemeral()))
        return self.instances[0]

    def lacks(self, name: str) -> str:
        """What has to be set before a resource can be made; empty if it can."""
        absent = unset(_needed(self.settings).get(name, ()))
        if absent:
            return f"Set {', '.join(absent)}."
        return str(self.resources[name].missing() or "") if name in _MAY_BE_MISSING else ""

    @property
    def reports(self) -> bool:
        """Whether the tenancy's cost reports are read."""
        return isinstance(self.resources["billing_store"], BothClouds)

    def probe(self, name: str, called: str, purpose: str, ask: Callable[[Any], Answer], cloud: Cloud) -> Probe:
        """A probe over one resource."""
        lacking = self.lacks(name)
        if lacking:
            return Probe(called, cloud, purpose, lambda: Answer("its settings are missing", "not configured", lacking))
        resource = self.ready(name)
        return Probe(called, cloud, purpose, lambda: ask(resource))


def _needed(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Variables that resources of this deployment need."""
    oracle = {"knowledge_base": _OF_ORACLE} if settings.documents.knowledge_base == ORACLE else {}
    if settings.is_local:
        return oracle
    return {**NEEDED, **oracle, **({"notifier": ()} if settings.clouds.notify_topic else {})}


def _of_stores(wired: _Wired) -> list[Probe]:
    at, inputs = cloud_of(wired.resources["report_store"]), cloud_of(wired.resources["inputs_store"])
    bills = wired.resources["billing_store"]
    where = cloud_of(bills.aws if isinstance(bills, BothClouds) else bills)
    return [
        wired.probe("billing_store", "billing files", "costs are made from them", reading, where),
        wired.probe("inputs_store", "inputs", "what people supply, such as business metrics", reading, inputs),
        wired.probe("report_store", "reports", "the report can be looked up", reading, at),
        wired.probe("report_store", "reports: writing", "the report is written", writing, at),
        wired.probe("lake", "lake", "the tables are read", lake_reading, at),
        wired.probe("lake", "lake: writing", "the tables are written", lake_writing, at),
    ]


def _of_documents(wired: _Wired) -> list[Probe]:
    documents, invoices = (cloud_of(wired.resources[name]) for name in ("documents_store", "invoices_store"))
    return [
        wired.probe("documents_store", "documents", "they are read, cut and embedded", reading_if_named, documents),
        wired.probe("invoices_store", "invoices", "they are read, and their payment is foretold", reading_if_named, invoices),
        wired.probe("embedding_models", "embedding model", "documents and questions become vectors", embedding, "local"),
        wired.probe("knowledge_base", "knowledge base", "documents are found in it", finding, "local"),
        wired.probe("search_log", "search log", "what people ask shows how good search is", logging_searches, "local"),
    ]


def _settings(settings: Settings) -> Answer:
    clouds = settings.clouds
    absent = [name for needed in _needed(settings).values() for name in unset(needed)]
    if bool(clouds.oci_tenancy) != bool(clouds.oci_home_region):
        absent += unset(_OF_OCI)
    if absent:
        told = "; ".join(f"{name} is not set ({VARIABLES[name]})" for name in dict.fromkeys(absent))
        return Answer(told, "missing", "Set them in the environment; .env.example has them all, and the prefix may be empty.")
    if settings.is_local:
        return Answer(f"the embedded deployment, with its state in {settings.home}")
    return Answer("the production deployment; every variable that it needs is set")


def _notifications(notifier: Notifier) -> Answer:
    """Whether messages can be sent, of which only sending one would tell."""
    if isinstance(notifier, LogNotifier):
        return Answer("they are written to Dagster's log")
    return Answer("a message would have to be sent", "not checked", _of_notifier(notifier))


def _of_notifier(notifier: Notifier) -> str:
    if isinstance(notifier, OnsNotifier):
        statements = policies.in_tenancy("ons_messages", "publish_message", notifier.clients.subject)
        return f"It needs this policy: {'; '.join(statements)}"
    if isinstance(notifier, SnsNotifier):
        return f"Allow sns:Publish on {notifier.topic}."
    return "CLOUDOPS_NOTIFY_URL must be one that Apprise knows, with a token that is valid: the first alert tells."
