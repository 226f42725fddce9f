"""How an Autonomous Database is reached: connect descriptors, their profiles, and URLs of its tools."""

from __future__ import annotations

import hashlib

from sandbox.oci.store import Body

_SERVICES = {
    "OLTP": ("HIGH", "MEDIUM", "LOW", "TP", "TPURGENT"),
    "AJD": ("HIGH", "MEDIUM", "LOW", "TP", "TPURGENT"),
    "APEX": ("HIGH", "MEDIUM", "LOW", "TP", "TPURGENT"),
    "DW": ("HIGH", "MEDIUM", "LOW"),
    "LH": ("HIGH", "MEDIUM", "LOW"),
}
"""Consumer groups by workload. Source: docs.oracle.com, "Predefined Database Service Names" for transaction processing and for
warehouses; those of AJD and APEX are not sourced."""
_MUTUAL, _ONE_WAY = 1522, 1521
"""Ports of mutual and of one-way TLS. Source: connect descriptors in public samples."""


def descriptor(name: str, region: str, group: str, port: int = _MUTUAL) -> str:
    """A connect descriptor. Source: the form of descriptors in wallets and in python-oracledb's documentation."""
    service = f"{_prefix(name, region)}_{name.lower()}_{group.lower()}.adb.oraclecloud.com"
    return (
        f"(description=(retry_count=20)(retry_delay=3)(address=(protocol=tcps)(port={port})(host={_host(region)}))"
        f"(connect_data=(service_name={service}))(security=(ssl_server_dn_match=yes)))"
    )


def services(name: str, region: str, workload: str) -> dict[str, str]:
    """Descriptor by alias, as `tnsnames.ora` has them: `name_high`."""
    return {f"{name.lower()}_{group.lower()}": descriptor(name, region, group) for group in _SERVICES[workload]}


def strings(name: str, region: str, workload: str, *, mutual_only: bool) -> Body:
    """`connectionStrings`: profiles for one-way TLS are there unless mutual TLS is demanded.

    Source: SDK models AutonomousDatabaseConnectionStrings and DatabaseConnectionStringProfile.
    """
    easy = {
        group: f"{_host(region)}:{_MUTUAL}/{_prefix(name, region)}_{name.lower()}_{group.lower()}.adb.oraclecloud.com"
        for group in _SERVICES[workload]
    }
    ways = [("MUTUAL", _MUTUAL)] if mutual_only else [("MUTUAL", _MUTUAL), ("SERVER", _ONE_WAY)]
    profiles = [
        {
            "displayName": f"{name.lower()}_{group.lower()}",
            "value": descriptor(name, region, group, port),
            "consumerGroup": group,
            "protocol": "TCPS",
            "tlsAuthentication": way,
            "hostFormat": "FQDN",
            "sessionMode": "DIRECT",
            "syntaxFormat": "LONG",
        }
        for way, port in ways
        for group in _SERVICES[workload]
    ]
    shown = {group.lower(): easy[group] for group in ("HIGH", "MEDIUM", "LOW")}
    return {**shown, "dedicated": None, "allConnectionStrings": easy, "profiles": profiles}


def urls(name: str, region: str, served: str | None) -> Body:
    """`connectionUrls` of the tools that the sandbox names; REST Data Services alone answers, at its address in the sandbox."""
    base = f"https://{_prefix(name, region)}-{name.lower()}.adb.{region}.oraclecloudapps.com"
    return {"sqlDevWebUrl": f"{base}/ords/sql-developer", "apexUrl": f"{base}/ords/apex", "ordsUrl": served or f"{base}/ords/"}


def ords(address: str, ocid: str) -> str | None:
    """Where a database's REST Data Services are, in a sandbox that is served at an address; None if it is not."""
    return f"{address}/sandbox/ords/{ocid}/ords/" if address else None


def _host(region: str) -> str:
    return f"adb.{region}.oraclecloud.com"


def _prefix(name: str, region: str) -> str:
    return "g" + hashlib.sha256(f"{region}/{name}".encode()).hexdigest()[:14]
