"""Extracts routes, parameters and models of the operations that the sandbox answers from the installed SDK.

`python -m sandbox.oci.extract` writes them to `specification.json`, so that a running sandbox needs no SDK. A test holds the
file against the SDK. What is read: paths, methods and allowed values from the source of operations, types and names from models,
required fields from the docstrings of their properties (`**[Required]**`), subtypes from `get_subtype`.
"""

import importlib
import inspect
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sandbox.oci.operations import OPERATIONS

FILE = Path(__file__).with_name("specification.json")
_PRIMITIVE = ("str", "int", "float", "bool", "datetime", "date", "object", "file", "stream")
_HANDLED_BY_THE_SERVER = ("accept", "content-type", "opc-request-id", "opc-client-request-id", "expect")


def main() -> int:
    """Write the file anew."""
    FILE.write_text(written(extracted()))
    return 0


def written(specification: dict[str, Any]) -> str:
    """As text: one operation and one model per line, so that differences can be read."""
    lines = ["{"]
    services = sorted(specification)
    for service in services:
        lines.append(f' "{service}": {{')
        for part in ("operations", "models"):
            entries = specification[service][part]
            lines.append(f'  "{part}": {{')
            rows = [f"   {json.dumps(name)}: {json.dumps(entries[name], sort_keys=True)}" for name in sorted(entries)]
            lines.append(",\n".join(rows))
            lines.append("  }," if part == "operations" else "  }")
        lines.append(" }," if service != services[-1] else " }")
    return "\n".join([*lines, "}", ""])


def extracted() -> dict[str, Any]:
    """Service → `operations` and `models`."""
    return {service: _service(service, clients) for service, clients in OPERATIONS.items()}


def _service(service: str, clients: Any) -> dict[str, Any]:  # noqa: ANN401
    module = importlib.import_module(f"oci.{service}")
    models = importlib.import_module(f"oci.{service}.models")
    mapping = next(value for name, value in vars(models).items() if name.endswith("_type_mapping"))
    operations = {name: _operation(getattr(module, client), name, mapping) for client, names in clients.items() for name in names}
    wanted = [t for operation in operations.values() for t in (operation["body"], operation["response"]) if t]
    return {"operations": operations, "models": _models(wanted, mapping)}


def _operation(client: Any, name: str, mapping: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    source, init = inspect.getsource(getattr(client, name)), inspect.getsource(client.__init__)
    doc = inspect.getdoc(getattr(client, name)) or ""
    base = _first(r"'base_path': '([^']*)'", init).rstrip("/")
    parameters = {python: kind for kind, python in re.findall(r":param (\S+) (\w+):", doc)}
    body = re.search(r"\bbody=(\w+)", source)
    kind = parameters.get(body.group(1), "object").rpartition(".")[2] if body else None
    return {
        "method": _first(r'method = "([^"]*)"', source),
        "path": base + _first(r'resource_path = "([^"]*)"', source),
        "query": _query(source, parameters),
        "headers": [n for n in _named(source, "header_params") if n not in _HANDLED_BY_THE_SERVER],
        "body": kind if kind in mapping or kind is None else "stream",
        "response": (re.findall(r'response_type="([^"]*)"', source) or [None])[0],
    }


def _query(source: str, parameters: dict[str, str]) -> dict[str, Any]:
    found = {}
    block = _block(source, "query_params")
    for wire, value in re.findall(r'"([A-Za-z]+)": (.+?)(?:,\n|\n|$)', block):
        python = (re.findall(r'kwargs\.get\("(\w+)"', value) or [value.strip().rstrip(",")])[0]
        allowed = re.search(rf"\b{python}_allowed_values = (\[[^\]]*\])", source)
        found[wire] = {
            "type": parameters.get(python, "str") if parameters.get(python) in _PRIMITIVE else "str",
            "required": "kwargs" not in value,
            "enum": json.loads(allowed.group(1)) if allowed else None,
            **({"many": True} if "'multi'" in value else {}),
        }
    return found


def _named(source: str, what: str) -> list[str]:
    return re.findall(r'"([A-Za-z-]+)":', _block(source, what))


def _block(source: str, what: str) -> str:
    found = re.search(rf"{what} = \{{(.*?)\n        \}}", source, re.DOTALL)
    return found.group(1) if found else ""


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if not found:
        raise ValueError(f"the SDK has changed: {pattern} is nowhere in {text[:200]!r}")
    return found.group(1)


def _models(wanted: Iterable[str], mapping: dict[str, Any]) -> dict[str, Any]:
    """The models and all that they refer to."""
    found: dict[str, Any] = {}
    waiting = [name for kind in wanted for name in _names(kind)]
    while waiting:
        name = waiting.pop()
        if name in found or name not in mapping:
            continue
        found[name] = _model(mapping[name])
        waiting += [n for field in found[name]["fields"].values() for n in _names(field["type"])]
        waiting += (found[name].get("subtypes") or {}).values()
    return found


def _names(kind: str) -> list[str]:
    return [name for name in re.findall(r"\w+", kind) if name not in (*_PRIMITIVE, "list", "dict")]


def _model(cls: Any) -> dict[str, Any]:  # noqa: ANN401
    blank = cls()
    fields = {}
    for python, kind in blank.swagger_types.items():
        prop = getattr(cls, python)
        allowed = re.search(r"allowed_values = (\[[^\]]*\])", inspect.getsource(prop.fset))
        doc = prop.__doc__ or ""
        fields[blank.attribute_map[python]] = {
            "type": kind,
            "required": "**[Required]**" in doc,
            # the values of answers grow with the service, so that setters of response models name UNKNOWN_ENUM_VALUE as well
            "enum": json.loads(allowed.group(1)) if allowed else _enum_of(doc),
        }
    model: dict[str, Any] = {"fields": fields}
    if hasattr(cls, "get_subtype"):
        source = inspect.getsource(cls.get_subtype)
        model["discriminator"] = _first(r"object_dictionary\['(\w+)'\]", source)
        model["subtypes"] = dict(re.findall(r"if type == '([^']*)':\s+return '([^']*)'", source))
    return model


def _enum_of(doc: str) -> list[str] | None:
    found = re.search(r"Allowed values for this property are: ((?:\"[^\"]*\"(?:, )?)+)", doc)
    return [v for v in re.findall(r'"([^"]*)"', found.group(1)) if v != "UNKNOWN_ENUM_VALUE"] if found else None


if __name__ == "__main__":
    sys.exit(main())
