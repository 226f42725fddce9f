"""What `cloudops doctor` asks of Oracle's cloud."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from orchestration.doctor import Answer, Probe
from orchestration.probes_of_stores import reading
from orchestration.settings import Clouds
from resources.clock import Clock
from resources.errors import CloudOpsError, Denied, NotFound
from resources.oci import identity, policies
from resources.oci.clients import OciClients
from resources.oci.object_storage import OciObjectStore
from resources.oci.usage import OciUsage

IN_SHORT = {"max_attempts": 2, "read_timeout_seconds": 15.0, "first_wait_seconds": 0.5}
"""A person waits for the answer, and asks again if need be."""
_UNSET = "Set CLOUDOPS_OCI_TENANCY and CLOUDOPS_OCI_HOME_REGION to use Oracle's cloud."


def of_oci(wired: OciClients, usage: OciUsage, clouds: Clouds, clock: Clock, with_reports: bool) -> list[Probe]:  # noqa: FBT001
    """Probes of the tenancy; if none is set, all of them say so."""
    clients = wired.model_copy(update=IN_SHORT)

    def probe(name: str, purpose: str, ask: Callable[[], Answer], *, configured: bool = True) -> Probe:
        absent = Answer(
            "no tenancy is set" if not clouds.oci_tenancy else "this deployment does not read it", "not configured", _UNSET
        )
        return Probe(name, "oci", purpose, ask if configured and clouds.oci_tenancy else lambda: absent)

    def sees(look: Callable[[OciClients], None], what: str) -> Callable[[], Answer]:
        def ask() -> Answer:
            look(clients)
            return Answer(f"{what} can be seen")

        return ask

    return [
        probe("caller", "every request is signed by it", lambda: _caller(clients, clouds)),
        probe("clock", "signatures hold only if it is right", lambda: _clock(clients, clock)),
        probe("cost reports", "costs are made from them", lambda: _reports(clients, clouds), configured=with_reports),
        probe("compartments", "budgets are made for them", sees(identity.see_compartments, "compartments")),
        probe("tags", "budgets are made for them", sees(identity.see_tags, "tag namespaces")),
        probe(
            "usage", "it is held against the cost reports", lambda: _usage(usage.model_copy(update={"clients": clients}), clock)
        ),
        probe("budgets", "those of the product are kept up to date", sees(identity.see_budgets, "budgets")),
        probe("budgets: changing", "budgets and alert rules are made", lambda: _changing(clients)),
        probe("databases", "they are watched", sees(identity.see_databases, "Autonomous Databases")),
        probe("metrics", "utilisation is read from them", sees(identity.see_metrics, "metrics")),
        probe("actions: changing", "approved actions are carried out", lambda: _acting(clients)),
    ]


def _caller(clients: OciClients, clouds: Clouds) -> Answer:
    found = identity.caller(clients)
    told = f"tenancy {found.tenancy}, namespace {found.namespace}, region {found.region or 'of the profile'}, {found.principal}"
    if found.tenancy == clouds.oci_tenancy:
        return Answer(told)
    advice = f"Set CLOUDOPS_OCI_TENANCY to {found.tenancy}, or use credentials of the other tenancy."
    return Answer(f"{told}; but CLOUDOPS_OCI_TENANCY is {clouds.oci_tenancy}", "missing", advice)


def _clock(clients: OciClients, clock: Clock) -> Answer:
    try:
        told = identity.told_time(clients)
    except CloudOpsError:
        told = None
    return skew("Oracle", told, clock.now(), identity.MOST_SKEW)


def _reports(clients: OciClients, clouds: Clouds) -> Answer:
    """The bucket of reports; it is in the home region alone."""
    store = OciObjectStore.of_reports(clients, clouds.oci_tenancy, clouds.oci_home_region)
    try:
        return reading(store)
    except (Denied, NotFound) as error:
        asked = clouds.oci_home_region or "the profile's region"
        return Answer(f"{error.message} (asked in {asked}, which must be the home region)", "missing", error.advice)


def _usage(usage: OciUsage, clock: Clock) -> Answer:
    day = clock.today() - timedelta(days=1)
    found = next(iter(usage.daily(day, day, ["service"])), [])
    return Answer(f"the Usage API answers; {day} has {len(found)} services with usage")


def _changing(clients: OciClients) -> Answer:
    statements = policies.in_tenancy("budget", "create_budget", clients.subject)
    return Answer("nothing is changed here", "not checked", f"It needs this policy: {'; '.join(statements)}")


def _acting(clients: OciClients) -> Answer:
    statements = policies.in_tenancy("database", "update_autonomous_database", clients.subject)
    advice = f"It needs this policy, if actions are to be approved: {'; '.join(statements)}"
    return Answer("nothing is changed here", "not checked", advice)


def skew(cloud: str, told: datetime | None, now: datetime, most: timedelta) -> Answer:
    """Whether this machine's clock is near enough to a cloud's."""
    if told is None:
        return Answer(f"{cloud} did not tell the time", "not checked", "See what the caller's probe says.")
    apart = now - (told if told.tzinfo else told.replace(tzinfo=UTC))
    minutes, way = abs(apart) / timedelta(minutes=1), "ahead of" if apart > timedelta() else "behind"
    if abs(apart) <= most:
        return Answer(f"{abs(apart).total_seconds():.0f} s {way} {cloud}'s")
    bound = f"{cloud} refuses signatures that are off by more than {most / timedelta(minutes=1):.0f} min"
    advice = "Set this machine's clock by NTP (systemd-timesyncd, chrony), or correct that of its host."
    return Answer(f"{minutes:.0f} min {way} {cloud}'s; {bound}", "missing", advice)
