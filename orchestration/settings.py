"""The only reader of the environment."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, cast, get_args

Deployment = Literal["local", "production"]
Principal = Literal["config file", "instance principal", "resource principal", "security token"]
DocumentEngine = Literal["local", "oci"]
ModelPlace = Literal["local", "oracle"]
Metrics = Literal["own account", "linked accounts"]
DatabaseSql = Literal["rest", "thin"]
STATE = Path(".cloudops")
"""Folder of the states of embedded deployments."""
VARIABLES = {
    "CLOUDOPS_DEPLOYMENT": "`local` (default) or `production`",
    "CLOUDOPS_HOME": "Folder of the embedded deployment's state; default `.cloudops/demo`",
    "CLOUDOPS_BILLING_ROOT": "Folder with billing files of the embedded deployment; default: the demo's",
    "CLOUDOPS_INPUTS_ROOT": "Folder with what people supply (business metrics, planned steps, calendar); default: the demo's",
    "CLOUDOPS_BILLING_BUCKET": "Bucket into which AWS and OCI deliver billing files (production)",
    "CLOUDOPS_BILLING_PREFIX": "Prefix of the billing files in that bucket (production)",
    "CLOUDOPS_INPUTS_BUCKET": "Bucket with what people supply (production)",
    "CLOUDOPS_REPORT_BUCKET": "Bucket that reports are written to (production)",
    "CLOUDOPS_LAKE_ROOT": "`s3://bucket/prefix` of the lake (production)",
    "CLOUDOPS_REGION": "Region of the buckets (production)",
    "CLOUDOPS_NOTIFY_URL": "Apprise URL that alerts go to, such as `slack://…` (production)",
    "CLOUDOPS_OCI_TENANCY": "OCID of the tenancy whose cost reports are read beside the AWS files; none if empty",
    "CLOUDOPS_OCI_HOME_REGION": "Home region of that tenancy, where its cost reports are",
    "CLOUDOPS_OCI_CONFIG_FILE": "Configuration file of the OCI SDK; default `~/.oci/config`",
    "CLOUDOPS_OCI_PRINCIPAL": "Caller: `config file` (default), `security token`, `instance principal`, `resource principal`",
    "CLOUDOPS_OCI_ENDPOINT": "Address of an embedded Oracle cloud; Oracle's if empty",
    "CLOUDOPS_AWS_ENDPOINT": "Address of an embedded AWS; Amazon's if empty",
    "CLOUDOPS_AWS_METRICS": "CloudWatch metrics of the `own account` (default), or as a monitoring account of `linked accounts`",
    "CLOUDOPS_LAMBDA_ACCOUNTS": "Accounts beside the caller's that have functions and layers, with commas; none if empty",
    "CLOUDOPS_LAMBDA_REGIONS": "Regions that are looked at, with commas; CLOUDOPS_REGION if empty",
    "CLOUDOPS_LAMBDA_ROLE": "Role, with its path, that is assumed in those accounts",
    "CLOUDOPS_LAMBDA_EXTERNAL_ID": "External identifier that the trust policy of that role demands; none if empty",
    "CLOUDOPS_LAMBDA_TEST_ROLE": "Execution role, with its path, of temporary functions that layers are tested with",
    "CLOUDOPS_LAYER_BUCKET": "Bucket for layers of more than 50 MB while they are published; may hold `{region}` and `{account}`",
    "CLOUDOPS_DOCUMENTS": "Documents to search: a folder, `s3://bucket/prefix` or `oci://bucket/prefix`; the demo's if empty",
    "CLOUDOPS_EMBEDDING_MODEL": "Model that a new knowledge base begins with: `int8:` (default) or `fp32:`, with a folder or a "
    "name behind it if it is not the built-in one; or `oci:MODEL`",
    "CLOUDOPS_KNOWLEDGE_BASE": "Folder of the knowledge base, or `oracle`; default: `knowledge_base` in CLOUDOPS_HOME",
    "CLOUDOPS_SEARCH_LOG": "Folder to which searches and votes are written; default: `search_log` in CLOUDOPS_HOME",
    "CLOUDOPS_ORACLE_DSN": "Connect string of the Oracle Database (knowledge base `oracle`)",
    "CLOUDOPS_ORACLE_USER": "Its user",
    "CLOUDOPS_ORACLE_PASSWORD": "That user's password",
    "CLOUDOPS_ORACLE_WALLET": "Folder of the wallet for mTLS; none if empty",
    "CLOUDOPS_OCI_COMPARTMENT": "OCID of the compartment in which OCI Generative AI is used (models `oci:…`)",
    "CLOUDOPS_INVOICES": "Where invoices arrive: a folder, `s3://bucket/prefix` or `oci://bucket/prefix`; the demo's if empty",
    "CLOUDOPS_DOCUMENT_AI": "What reads invoices: `local` (default), or `oci` for OCI Document Understanding",
    "CLOUDOPS_DOCUMENT_AI_BUCKET": "Bucket for files that OCI Document Understanding does not answer at once; refused if empty",
    "CLOUDOPS_LANGUAGE_AI": "What understands their texts: `local` (default), or `oci` for OCI Language",
    "CLOUDOPS_INVOICE_STREAM": "OCID of a stream of OCI Streaming that tells of invoices as they arrive; none if empty",
    "CLOUDOPS_METRICS_COMPARTMENT": "OCID of the compartment for custom metrics of OCI Monitoring; the lake if empty",
    "CLOUDOPS_PAYMENT_MODELS": "Where payment models are learnt and kept: `local` (default), or `oracle` for the Oracle Database",
    "CLOUDOPS_DATABASE_SQL": "How Autonomous Databases are asked: `rest` (default, Oracle REST Data Services) or `thin` "
    "(Oracle's own protocol)",
    "CLOUDOPS_DATABASE_USER": "User that all Autonomous Databases have, for metrics and checks; none are asked if empty",
    "CLOUDOPS_DATABASE_PASSWORD": "That user's password",
    "CLOUDOPS_NOTIFY_TOPIC": "Topic for alerts instead of that URL: OCID (OCI Notifications) or ARN (SNS) (production)",
}
"""Every variable the project reads, and what it is for."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """Where the clouds are and who calls them; see `VARIABLES`."""

    oci_tenancy: str = ""
    oci_home_region: str = ""
    oci_config_file: str = "~/.oci/config"
    oci_principal: Principal = "config file"
    oci_endpoint: str = ""
    aws_endpoint: str = ""
    aws_metrics: Metrics = "own account"
    notify_topic: str = ""

    @property
    def variables(self) -> dict[str, str]:
        """As the environment has them."""
        return {f"CLOUDOPS_{name.upper()}": str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True, slots=True)
class Documents:
    """Where documents are and what searches them; see `VARIABLES`."""

    location: str
    embedding_model: str
    model_cache: Path
    knowledge_base: str
    search_log: Path
    oracle_wallet: str
    oci_compartment: str


@dataclass(frozen=True, slots=True)
class Invoices:
    """Where invoices arrive and what reads them; see `VARIABLES`."""

    location: str
    document_ai: DocumentEngine
    document_ai_bucket: str
    language_ai: DocumentEngine
    payment_models: ModelPlace
    stream: str
    metrics_compartment: str


@dataclass(frozen=True, slots=True)
class Lambda:
    """Where functions and layers are; see `VARIABLES`."""

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    role: str
    external_id: str
    test_role: str
    layer_bucket: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says."""

    deployment: Deployment
    home: Path
    billing_root: Path
    inputs_root: Path
    clouds: "Clouds"
    documents: "Documents"
    invoices: "Invoices"
    database_sql: DatabaseSql
    functions: Lambda

    @property
    def is_local(self) -> bool:
        """Whether everything runs embedded on this machine."""
        return self.deployment == "local"


def current_settings() -> Settings:
    """Read the environment.

    Raises:
        ValueError: A variable with a fixed set of values has another one; the message lists them.
    """
    name = _one_of("CLOUDOPS_DEPLOYMENT", "local", get_args(Deployment))
    home = Path(os.environ.get("CLOUDOPS_HOME") or ".cloudops/demo").absolute()
    root = Path(os.environ.get("CLOUDOPS_BILLING_ROOT") or home / "scenario" / "billing").absolute()
    inputs = Path(os.environ.get("CLOUDOPS_INPUTS_ROOT") or home / "scenario" / "inputs").absolute()
    local = name == "local"
    sql = cast(DatabaseSql, _one_of("CLOUDOPS_DATABASE_SQL", "rest", get_args(DatabaseSql)))
    documents, invoices = _documents(home, local=local), _invoices(home, local=local)
    return Settings(cast(Deployment, name), home, root, inputs, _clouds(), documents, invoices, sql, _functions())


def _functions() -> Lambda:
    accounts = _listed("CLOUDOPS_LAMBDA_ACCOUNTS")
    if wrong := [account for account in accounts if not (account.isdecimal() and len(account) == 12)]:
        raise ValueError(f"CLOUDOPS_LAMBDA_ACCOUNTS has {', '.join(wrong)}; expected numbers of 12 digits with commas")
    return Lambda(
        accounts=accounts,
        regions=_listed("CLOUDOPS_LAMBDA_REGIONS"),
        role=os.environ.get("CLOUDOPS_LAMBDA_ROLE", "").strip("/"),
        external_id=os.environ.get("CLOUDOPS_LAMBDA_EXTERNAL_ID", ""),
        test_role=os.environ.get("CLOUDOPS_LAMBDA_TEST_ROLE", "").strip("/"),
        layer_bucket=os.environ.get("CLOUDOPS_LAYER_BUCKET", ""),
    )


def _listed(variable: str) -> tuple[str, ...]:
    """What a variable names, once each."""
    return tuple(dict.fromkeys(name.strip() for name in os.environ.get(variable, "").split(",") if name.strip()))


def _invoices(home: Path, *, local: bool) -> Invoices:
    of_the_demo = home / "scenario" / "invoices"
    return Invoices(
        location=os.environ.get("CLOUDOPS_INVOICES") or (str(of_the_demo) if local and of_the_demo.is_dir() else ""),
        document_ai=cast(DocumentEngine, _one_of("CLOUDOPS_DOCUMENT_AI", "local", get_args(DocumentEngine))),
        document_ai_bucket=os.environ.get("CLOUDOPS_DOCUMENT_AI_BUCKET", ""),
        language_ai=cast(DocumentEngine, _one_of("CLOUDOPS_LANGUAGE_AI", "local", get_args(DocumentEngine))),
        stream=os.environ.get("CLOUDOPS_INVOICE_STREAM", ""),
        metrics_compartment=os.environ.get("CLOUDOPS_METRICS_COMPARTMENT", ""),
        payment_models=cast(ModelPlace, _one_of("CLOUDOPS_PAYMENT_MODELS", "local", get_args(ModelPlace))),
    )


def _documents(home: Path, *, local: bool) -> Documents:
    of_the_demo = home / "scenario" / "documents"
    return Documents(
        location=os.environ.get("CLOUDOPS_DOCUMENTS") or (str(of_the_demo) if local and of_the_demo.is_dir() else ""),
        embedding_model=os.environ.get("CLOUDOPS_EMBEDDING_MODEL") or "int8:",
        model_cache=home / "models",
        knowledge_base=os.environ.get("CLOUDOPS_KNOWLEDGE_BASE") or str(home / "knowledge_base"),
        search_log=Path(os.environ.get("CLOUDOPS_SEARCH_LOG") or home / "search_log"),
        oracle_wallet=os.environ.get("CLOUDOPS_ORACLE_WALLET", ""),
        oci_compartment=os.environ.get("CLOUDOPS_OCI_COMPARTMENT", ""),
    )


def _clouds() -> Clouds:
    principal = _one_of("CLOUDOPS_OCI_PRINCIPAL", "config file", get_args(Principal))
    return Clouds(
        os.environ.get("CLOUDOPS_OCI_TENANCY", ""),
        os.environ.get("CLOUDOPS_OCI_HOME_REGION", ""),
        os.environ.get("CLOUDOPS_OCI_CONFIG_FILE") or "~/.oci/config",
        cast(Principal, principal),
        os.environ.get("CLOUDOPS_OCI_ENDPOINT", ""),
        os.environ.get("CLOUDOPS_AWS_ENDPOINT", ""),
        cast(Metrics, _one_of("CLOUDOPS_AWS_METRICS", "own account", get_args(Metrics))),
        os.environ.get("CLOUDOPS_NOTIFY_TOPIC", ""),
    )


def _one_of(variable: str, usual: str, allowed: tuple[str, ...]) -> str:
    value = os.environ.get(variable) or usual
    if value not in allowed:
        raise ValueError(f"{variable}={value!r}; expected one of {', '.join(allowed)}")
    return value


def unset(variables: Iterable[str]) -> list[str]:
    """Those of the variables that have no value; an empty prefix is one."""
    given = os.environ
    return [name for name in variables if not (given.get(name) or (name.endswith("_PREFIX") and name in given))]


def use_clouds(clouds: Clouds) -> None:
    """Point this process, and the processes it starts, at clouds."""
    os.environ.update(clouds.variables)


def use_local(home: Path, billing_root: Path, inputs_root: Path) -> None:
    """Point this process, and the processes it starts, at an embedded deployment."""
    os.environ["CLOUDOPS_DEPLOYMENT"] = "local"
    os.environ["CLOUDOPS_HOME"] = str(home)
    os.environ["CLOUDOPS_BILLING_ROOT"] = str(billing_root)
    os.environ["CLOUDOPS_INPUTS_ROOT"] = str(inputs_root)
    os.environ["DAGSTER_HOME"] = str(home / "dagster")
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"


def use_documents(location: str, state: Path) -> None:
    """Point this process, and the processes it starts, at the embedded deployment of a place of documents.

    Each place has a state of its own below `state`, so that a look at the demo and at one's own documents never mix.

    Args:
        location: A folder, `s3://bucket/prefix` or `oci://bucket/prefix`.
        state: Folder of the states of embedded deployments.

    Raises:
        ValueError: It begins with the home of somebody who has none.
    """
    try:
        place = location if "://" in location else str(Path(location).expanduser().resolve())
    except RuntimeError as error:
        raise ValueError(f"{location}: {error}") from error
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in place.rstrip("/").rpartition("/")[2])[-40:]
    home = (state / f"documents-{name}-{hashlib.sha256(place.encode()).hexdigest()[:8]}").absolute()
    use_local(home, home / "billing", home / "inputs")
    os.environ["CLOUDOPS_DOCUMENTS"] = place


def inherited_environment() -> dict[str, str]:
    """The environment that child processes get, to be extended by the caller."""
    return dict(os.environ)
