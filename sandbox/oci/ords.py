"""Oracle REST Data Services of each database: its REST-enabled SQL service, at `/sandbox/ords/{ocid}/ords/{schema}/_/sql`.

Source of requests and answers: docs.oracle.com, "REST-Enabled SQL Service" (Oracle REST Data Services Developer's Guide). What a
database that does not run answers, and what status a wrong password has, is not sourced.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from sandbox.oci.services.database import connections, contents
from sandbox.oci.services.database.lifecycle import DATABASES, RUNNING
from sandbox.oci.store import Body, Resource, Store
from sandbox.oracle_sql.engine import Result
from sandbox.oracle_sql.refusals import Refused

PATH = "/sandbox/ords/{ocid}/ords/{schema}/_/sql"
USER, PASSWORD = "ADMIN", "Embedded-Sandbox-1"
"""Whom every database knows; ADMIN has the password of the database's creation as well."""
MOST_ROWS = 10_000
"""Rows of an answer. Source: the documentation's `limit` of an answer to a request that gives none."""
_LOOK_SECONDS = 0.2
_READABLE = (*RUNNING, "BACKUP_IN_PROGRESS", "UPDATING")
_STANDBY = "STANDBY"


def readdress(store: Store, address: str) -> None:
    """Let databases show where the sandbox is served, those to come too; their versions stay."""
    store.address = address
    for found in store.all(DATABASES):
        found.body["connectionUrls"] = {
            **found.body["connectionUrls"],
            "ordsUrl": connections.ords(address, str(found.body["id"])),
        }


async def answered(store: Store, request: web.Request) -> web.StreamResponse:
    """The answer to a request to a database's REST-enabled SQL service."""
    store.catch_up()
    found = store.table(DATABASES).get(request.match_info["ocid"])
    if found is None:
        return _problem(404, "Not Found", "No database is served here.")
    key = str(found.body["id"])
    if contents.fault(store, key, "hung") is not None:
        await _left(request)
        return web.Response(status=504)
    if found.body["lifecycleState"] not in _READABLE or found.body.get("role") in (_STANDBY, "DISABLED_STANDBY", "BACKUP_COPY"):
        return _problem(503, "Service Unavailable", f"The database is {found.body['lifecycleState']}.")
    if not _is_known(found, request):
        headers = {"www-authenticate": 'Basic realm="Oracle REST Data Services"'}
        return _problem(401, "Unauthorized", "ORA-01017: invalid credential or not authorized; logon denied", headers)
    asked = _asked(request, await request.text())
    if asked is None:
        return _problem(400, "Bad Request", "statementText is required, and binds have names.")
    read_only = found.body.get("openMode") == "READ_ONLY" or bool(found.body.get("isRefreshableClone"))
    item = _item(store, key, asked, read_only=read_only)
    return web.json_response({"env": {"defaultTimeZone": "UTC"}, "items": [item]})


async def _left(request: web.Request) -> None:
    """Wait until the caller has given up."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_LOOK_SECONDS)


def _is_known(found: Resource, request: web.Request) -> bool:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    own = found.hidden.get("adminPassword")
    right = password == PASSWORD or (own is not None and hashlib.sha256(password.encode()).hexdigest() == own)
    return kind.lower() == "basic" and user.upper() == request.match_info["schema"].upper() == USER and right


def _asked(request: web.Request, body: str) -> Body | None:
    """What is to be run; None if nothing is."""
    if request.content_type == "application/sql":
        return {"statementText": body}
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("statementText"), str):
        return None
    return found if all(isinstance(bind, dict) and "name" in bind for bind in found.get("binds") or ()) else None


def _item(store: Store, key: str, asked: Body, *, read_only: bool) -> Body:
    sql = asked["statementText"]
    binds = {str(bind["name"]): bind.get("value") for bind in asked.get("binds") or ()}
    item: Body = {"statementId": 1, "statementText": sql, "statementPos": {"startLine": 1, "endLine": sql.count("\n") + 1}}
    try:
        result = contents.run(store, key, sql, binds, read_only=read_only)
    except Refused as error:
        failed = {"errorCode": error.code, "errorLine": 1, "errorColumn": 1, "errorDetails": error.text}
        return {**item, "statementType": "query", **failed, "response": [f"\n{error.text}\n"], "result": 0}
    item["statementType"] = result.kind
    if result.kind == "query":
        limit, offset = min(int(asked.get("limit") or MOST_ROWS), MOST_ROWS), int(asked.get("offset") or 0)
        return {**item, "resultSet": _result_set(result, offset, limit), "response": [], "result": 0}
    return {**item, "response": [f"\n{result.changed} rows affected.\n"], "result": result.changed}


def _result_set(result: Result, offset: int, limit: int) -> Body:
    rows = result.rows[offset : offset + limit]
    names = [name.lower() for name in result.columns]
    metadata = [
        {"columnName": column, "jsonColumnName": name, "columnTypeName": _type(result.rows, n), "isNullable": 1}
        for n, (column, name) in enumerate(zip(result.columns, names, strict=True))
    ]
    return {
        "metadata": metadata,
        "items": [{name: _shown(value) for name, value in zip(names, row, strict=True)} for row in rows],
        "hasMore": offset + limit < len(result.rows),
        "limit": limit,
        "offset": offset,
        "count": len(rows),
    }


def _type(rows: Sequence[Sequence[Any]], column: int) -> str:
    value = next((row[column] for row in rows if row[column] is not None), "")
    return "NUMBER" if isinstance(value, int | float) else "RAW" if isinstance(value, bytes) else "VARCHAR2"


def _shown(value: Any) -> Any:  # noqa: ANN401
    return value.hex().upper() if isinstance(value, bytes) else value


def _problem(status: int, title: str, message: str, headers: dict[str, str] | None = None) -> web.Response:
    said = {"code": title.replace(" ", ""), "title": title, "message": message, "status": status}
    return web.json_response(said, status=status, headers=headers)
