"""Clients of Oracle's services: who calls, where to, with which timeouts, repeats and circuit breaker."""

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import dagster as dg
from pydantic import Field, PrivateAttr

from resources.errors import BadInput, Denied, Unavailable
from resources.oci import policies, retries
from resources.oci.errors import Call, translated

Service = Literal[
    "ai_document", "ai_language", "budget", "container_engine", "database", "database_json", "generative_ai_inference",
    "identity", "monitoring", "monitoring_ingestion", "monitoring_json", "object_storage", "ons", "ons_messages", "streaming",
    "streaming_messages", "usage_api", "work_requests",
]  # fmt: skip
"""A service by its module in the SDK; where it has two clients or two addresses, the second has a name of its own.

`database_json` and `monitoring_json` answer what the service sent, without the SDK's objects, which take long to make."""

_CLIENTS: Mapping[str, tuple[str, str]] = {
    "ai_document": ("ai_document", "AIServiceDocumentClient"),
    "ai_language": ("ai_language", "AIServiceLanguageClient"),
    "budget": ("budget", "BudgetClient"),
    "container_engine": ("container_engine", "ContainerEngineClient"),
    "database": ("database", "DatabaseClient"),
    "database_json": ("database", "DatabaseClient"),
    "generative_ai_inference": ("generative_ai_inference", "GenerativeAiInferenceClient"),
    "identity": ("identity", "IdentityClient"),
    "monitoring": ("monitoring", "MonitoringClient"),
    "monitoring_ingestion": ("monitoring", "MonitoringClient"),
    "monitoring_json": ("monitoring", "MonitoringClient"),
    "object_storage": ("object_storage", "ObjectStorageClient"),
    "ons": ("ons", "NotificationControlPlaneClient"),
    "ons_messages": ("ons", "NotificationDataPlaneClient"),
    "streaming": ("streaming", "StreamAdminClient"),
    "streaming_messages": ("streaming", "StreamClient"),
    "usage_api": ("usage_api", "UsageapiClient"),
    "work_requests": ("work_requests", "WorkRequestClient"),
}
_PLAIN = frozenset({"database_json", "monitoring_json"})
"""Services whose answers are JSON."""
_ADDRESSES: Mapping[str, str] = {"monitoring_ingestion": "https://telemetry-ingestion.{region}.{secondLevelDomain}"}
"""Addresses that the SDK's client does not know. Source: SDK docstring of post_metric_data."""
_BROKEN: Mapping[int, list[str]] = {500: [], 502: [], 503: [], 504: []}
"""Answers that count for the circuit breaker. A throttle (429) and a conflict (409) come from a service that works."""

_METADATA_FAILURES = (-1, 404)
"""Statuses with which an instance's metadata service fails for a while. Source: the SDK's strategy for it."""


class OciClients(dg.ConfigurableResource[Any]):
    """Clients of the SDK for each service and region, made when first asked for.

    A call is repeated as `retries.by_request` says.
    """

    region: str = Field(default="", description="Region that is asked unless another is named; that of the credentials if empty.")
    principal: Literal["config file", "instance principal", "resource principal", "security token"] = Field(
        default="config file",
        description="Who calls: a user's API key or session token (`security token`) from the configuration file, "
        "the instance or the resource (function, workload) that this runs on.",
    )
    config_file: str = Field(default="~/.oci/config", description="Configuration file of the SDK.")
    profile: str = Field(default="DEFAULT", description="Profile in that file.")
    group: str = Field(default="cloudops", description="Group, or dynamic group, of the caller: advice on policies names it.")
    endpoint: str = Field(
        default="",
        description="Address of an embedded cloud, such as http://127.0.0.1:8000, whose services answer at "
        "{endpoint}/{region}/{service}; Oracle's cloud if empty.",
    )
    connect_timeout_seconds: float = Field(default=5, gt=0, description="How long to wait for a connection.")
    read_timeout_seconds: float = Field(default=60, gt=0, description="How long to wait for the next bytes.")
    max_attempts: int = Field(default=5, ge=1, description="Attempts of a call that may be repeated, the first included.")
    retry_seconds: float = Field(default=60, ge=0, description="No attempt begins later than so long after the first.")
    first_wait_seconds: float = Field(default=1, ge=0, description="Bound of the first wait between attempts; it doubles.")
    longest_wait_seconds: float = Field(default=15, ge=0, description="Bound of any wait between attempts.")
    connections: int = Field(
        default=64, ge=1, description="Connections that each client keeps open: as many calls may be on the way at once."
    )
    breaker_failures: int = Field(
        default=10, ge=0, description="After so many answers 5xx in a row a client asks no more for a while; never if 0."
    )
    breaker_seconds: int = Field(default=30, ge=0, description="How long it then asks no more.")
    _clients: dict[tuple[str, str, str], Any] = PrivateAttr(default_factory=dict)
    _making: Lock = PrivateAttr(default_factory=Lock)
    _cached_caller: tuple[dict[str, Any], Any] | None = PrivateAttr(default=None)

    def client(self, service: Service, region: str = "", address: str = "") -> Any:  # noqa: ANN401  # the SDK has no types
        """The SDK's client of a service; the same one whenever the same is asked for.

        Args:
            service: Which service.
            region: Where; the usual region if empty.
            address: Of the service, where it is told by the service itself (`messagesEndpoint` of a stream).

        Raises:
            BadInput: There is no such service, or no region is known.
            Denied: The credentials cannot be used.
        """
        if service not in _CLIENTS:
            raise BadInput(f"{service!r} is no service that can be asked", f"Use one of {', '.join(_CLIENTS)}.")
        key = (service, region, address)
        with self._making:
            if key not in self._clients:
                with self.errors(service, "a client of it"):
                    self._clients[key] = self._made(service, region, address)
        return self._clients[key]

    def operation(self, service: Service, name: str, region: str = "", address: str = "") -> Callable[..., Any]:
        """An operation of a service as the SDK has it, with errors of `resources.errors`.

        Args:
            service: Which service.
            name: Name of the client's method.
            region: Where; the usual region if empty.
            address: As for `client`.
        """
        method = getattr(self.client(service, region, address), name)

        @wraps(method)
        def called(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
            with self.errors(service, name):
                return method(*arguments, **named)

        return called

    def errors(self, service: str, operation: str, about: str = "") -> AbstractContextManager[None]:
        """Translates the SDK's errors of a call inside; `about` says what it is about, if not the operation alone."""
        service = service.removesuffix("_json")
        return translated(Call(service, operation, about, policies.statements(service, operation, self.subject)))

    @property
    def subject(self) -> str:
        """The caller, as policies name it."""
        return f"dynamic-group {self.group}" if "principal" in self.principal else f"group {self.group}"

    @property
    def limits(self) -> retries.Limits:
        """Bounds of the repeats of a call."""
        return retries.Limits(self.max_attempts, self.retry_seconds, self.first_wait_seconds, self.longest_wait_seconds)

    def tenancy(self) -> str:
        """OCID of the caller's tenancy.

        Raises:
            Denied: The credentials cannot be used.
        """
        with self.errors("identity", "the caller's tenancy"):
            config, signer = self._caller()
        return str(config.get("tenancy") or signer.tenancy_id)

    def _made(self, service: str, region: str, address: str) -> Any:  # noqa: ANN401
        module, kind = _CLIENTS[service]
        config, signer = self._caller()
        where = region or config.get("region") or getattr(signer, "region", None)
        if not where:
            raise BadInput(f"no region is known to ask {service} in", "Give `region`, or name it in the profile.")
        options: dict[str, Any] = {
            "timeout": (self.connect_timeout_seconds, self.read_timeout_seconds),
            "retry_strategy": retries.by_request(self.limits),
            "circuit_breaker_strategy": self._breaker(),
            "skip_deserialization": service in _PLAIN,
        }
        if signer is not None:
            options["signer"] = signer
        at = address or self._address(service, module, where)
        if at:
            options["service_endpoint"] = at
        client = getattr(importlib.import_module(f"oci.{module}"), kind)({**config, "region": where}, **options)
        _keep_open(client, self.connections)
        return client

    def _address(self, service: str, module: str, region: str) -> str:
        if self.endpoint:
            return f"{self.endpoint.rstrip('/')}/{region}/{module}"
        if service == "streaming_messages":
            raise BadInput("a stream's messages have no address of their own", "Give the stream's messagesEndpoint.")
        if service not in _ADDRESSES:
            return ""
        from oci.regions import endpoint_for

        return str(endpoint_for(service, region=region, service_endpoint_template=_ADDRESSES[service]))

    def _breaker(self) -> Any:  # noqa: ANN401
        """A breaker of the client's own: one service's failures stop no other."""
        from oci.circuit_breaker import CircuitBreakerStrategy, NoCircuitBreakerStrategy

        if not self.breaker_failures:
            return NoCircuitBreakerStrategy()
        return CircuitBreakerStrategy(
            failure_threshold=self.breaker_failures,
            recovery_timeout=self.breaker_seconds,
            failure_statuses_and_codes=dict(_BROKEN),
        )

    def _caller(self) -> tuple[dict[str, Any], Any]:
        """Configuration and signer for the SDK."""
        if self._cached_caller is None:
            config, signer = _CALLERS[self.principal](self)
            if self.region:
                config["region"] = self.region
            self._cached_caller = config, signer
        return self._cached_caller

    def _configured(self) -> dict[str, Any]:
        from oci.config import from_file

        return dict(from_file(self.config_file, self.profile))


def _keep_open(client: Any, connections: int) -> None:  # noqa: ANN401
    """Let a client keep more connections than the ten that are usual: what is beyond is closed and opened anew for each call."""
    from oci._vendor.requests.adapters import HTTPAdapter

    for scheme in ("http://", "https://"):
        client.base_client.session.mount(scheme, HTTPAdapter(pool_maxsize=connections))


def _of_config_file(clients: OciClients) -> tuple[dict[str, Any], Any]:
    from oci.config import validate_config

    config = clients._configured()
    if "authentication_type" in config:
        return config, None  # the SDK knows what to make of it
    validate_config(config)
    key = config.get("key_content") or Path(config["key_file"]).expanduser().read_text()
    return config, _signer(config["tenancy"], config["user"], config["fingerprint"], key, config.get("pass_phrase"))


@cache
def _signer(tenancy: str, user: str, fingerprint: str, key: str, pass_phrase: str | None) -> Any:  # noqa: ANN401
    """One signer for all clients of a caller: to read a key takes longer than many a call, since it is checked for being one."""
    from oci.signer import Signer

    return Signer(tenancy, user, fingerprint, None, pass_phrase, private_key_content=key)


def _of_security_token(clients: OciClients) -> tuple[dict[str, Any], Any]:
    from oci.auth.signers import SecurityTokenSigner
    from oci.signer import load_private_key_from_file

    config = clients._configured()
    file = config.get("security_token_file")
    if not file:
        raise Denied(
            f"profile {clients.profile} of {clients.config_file} names no security_token_file",
            "Log in with `oci session authenticate`, or use another principal.",
        )
    try:
        token = Path(file).expanduser().read_text().strip()
        key = load_private_key_from_file(str(config["key_file"]), config.get("pass_phrase"))
    except OSError as error:
        raise Denied(
            f"the session token or its key cannot be read ({type(error).__name__}: {error})",
            "Log in again with `oci session authenticate`.",
        ) from error
    return config, SecurityTokenSigner(token, key)


def _of_instance(clients: OciClients) -> tuple[dict[str, Any], Any]:
    from oci._vendor.requests.exceptions import RequestException
    from oci.auth.signers import InstancePrincipalsSecurityTokenSigner

    try:
        return {}, InstancePrincipalsSecurityTokenSigner(
            retry_strategy=retries.repeated(clients.limits, also=_METADATA_FAILURES),
            federation_client_retry_strategy=retries.repeated(clients.limits),
        )
    except RequestException as error:
        raise Unavailable(
            f"there is no instance principal here: the metadata service does not answer ({type(error).__name__})",
            "Run this on an OCI instance that a dynamic group includes, or use another principal.",
        ) from error


def _of_resource(_clients: OciClients) -> tuple[dict[str, Any], Any]:
    from oci.auth.signers import get_resource_principals_signer

    try:
        return {}, get_resource_principals_signer()
    except (OSError, ValueError) as error:
        raise Denied(
            f"there is no resource principal here ({error})",
            "Run this in a function or workload with a dynamic group, or use another principal.",
        ) from error


_CALLERS: Mapping[str, Callable[[OciClients], tuple[dict[str, Any], Any]]] = {
    "config file": _of_config_file,
    "instance principal": _of_instance,
    "resource principal": _of_resource,
    "security token": _of_security_token,
}
