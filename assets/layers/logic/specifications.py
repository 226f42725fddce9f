"""Layers as `layers/layers.yaml` says them, read with every mistake told at once, each with its line, its place and what to do.

layers:
  - name: analytics-{runtime}-{architecture}
    requirements: ["requests>=2.32", pandas, boto3]
    runtimes: [python3.12]
    architectures: [x86_64, arm64]
    budget: {growth: 0.1}
    accounts: ["210987654321"]
  - name: http-client
    kind: node
    package: layers/http-client
    runtimes: [nodejs22.x]
"""

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Annotated, Any

import yaml
from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from assets.layers.logic.products import Budget, Kind, LayerSpecification, Retention
from resources.lambda_layers import MOST_UNZIPPED_BYTES, Architecture

KEY = "layers/layers.yaml"
"""Where people say so in the inputs store."""
NO_INDEX = "none"
"""As `index_url`: no index is asked, and the wheels alone count."""
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NAME = 137
"""AWS takes 140 characters; a split layer ends in `-N`."""
_RUNTIMES: Mapping[Kind, re.Pattern[str]] = {"python": re.compile(r"python3\.(9|1[0-4])"), "node": re.compile(r"nodejs\d+\.x")}
_EXAMPLES: Mapping[Kind, str] = {"python": "python3.9 to python3.14", "node": "nodejs22.x"}
_ONLY = {"python": ("requirements", "lock", "bytecode", "wheels", "index_url"), "node": ("package",)}
"""Keys that mean nothing to the other kind."""
_DEFAULT = Retention()
_EMPTY = ("", "~", "null", "Null", "NULL")
_Place = tuple[str | int, ...]


class BadSpecifications(ValueError):
    """The file is not understood.

    Attributes:
        mistakes: Each with its line, its place and what to do.
    """

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def read(text: str | bytes, source: str = KEY) -> tuple[LayerSpecification, ...]:
    """The layers that a file says, in its order.

    Args:
        text: YAML.
        source: Name of the file, as mistakes tell it.

    Raises:
        BadSpecifications: With all that is wrong.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadSpecifications((f"{source} is not YAML: {' '.join(str(error).split())}",)) from error
    if node is None:
        return ()
    lines: dict[_Place, int] = {(): 1}
    repeated: list[_Place] = []
    said = _plain(node, (), lines, repeated)
    mistakes = [(place, "is said twice: keep one of them") for place in repeated]
    try:
        layers = _File.model_validate(said).layers or []
    except ValidationError as error:
        mistakes += [(tuple(one["loc"]), _told(one)) for one in error.errors()]
    else:
        mistakes += list(_name_clashes(layers))
    if mistakes:
        ordered = sorted((_line(place, lines), _named(place, said), what) for place, what in mistakes)
        raise BadSpecifications(tuple(f"{source}, line {line}: {place} {what}" for line, place, what in ordered))
    return tuple(layer.specification() for layer in layers)


def filled_in(name: str, runtime: str, architecture: str) -> str:
    """Name of a layer with its placeholders filled in; the dots of a runtime are left out, since AWS takes none in names."""
    return name.replace("{runtime}", runtime.replace(".", "")).replace("{architecture}", architecture)


def _named_like_aws(name: str) -> str:
    bare = filled_in(name, "python3.14", "x86_64")
    if not _NAME.fullmatch(bare) or len(bare) > _LONGEST_NAME:
        raise ValueError(
            f"holds {name!r}: write letters, digits, - and _ (at most {_LONGEST_NAME}), and {{runtime}}, {{architecture}}"
        )
    return name


def _a_requirement(line: str) -> str:
    if line.startswith("-"):
        raise ValueError(f"holds the option {line!r}: say `index_url`, `wheels` or `lock` of the layer instead")
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        raise ValueError(
            f"holds {line!r}, which is no requirement such as 'requests>=2.32': {str(error).splitlines()[0]}"
        ) from None
    if requirement.url:
        raise ValueError(f"holds the address {requirement.url!r}: put the wheel into a folder of the inputs that `wheels` names")
    return line


def _a_key(key: str) -> str:
    if key.startswith("/") or any(part in ("", ".", "..") for part in key.rstrip("/").split("/")):
        raise ValueError(f"holds {key!r}: write a path within the inputs, such as layers/wheels")
    return key.rstrip("/")


def _matching(pattern: str, example: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def checked(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"holds {text!r}: write {example}")
        return text

    return AfterValidator(checked)


_Key = Annotated[str, AfterValidator(_a_key)]
_Account = Annotated[str, _matching(r"\d{12}", "the 12 digits of an account")]
_Organization = Annotated[str, _matching(r"o-[a-z0-9]{10,32}", "an organisation such as o-a1b2c3d4e5")]
_PlacePattern = Annotated[str, _matching(r"(\d{12}|\*)/[a-z0-9*-]+", "ACCOUNT/REGION, such as 123456789012/eu-central-1 or */*")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class _BudgetForm(_Form):
    unzipped_bytes: int | None = Field(None, gt=0)
    growth: float | None = Field(None, ge=0)
    import_growth: float | None = Field(None, ge=0)


class _RetentionForm(_Form):
    newest: int = Field(_DEFAULT.newest, ge=0)
    days: int = Field(_DEFAULT.days, ge=0)
    pinned: list[Annotated[int, Field(gt=0)]] = []


class _Layer(_Form):
    name: Annotated[str, AfterValidator(_named_like_aws)]
    kind: Kind = "python"
    runtimes: list[str] = Field(min_length=1)
    architectures: list[Architecture] = Field(["x86_64"], min_length=1)
    requirements: list[Annotated[str, AfterValidator(_a_requirement)]] = []
    lock: _Key | None = None
    package: _Key | None = None
    leave_out: list[str] = []
    leave_out_provided: bool = False
    bytecode: bool = False
    most_bytes: int | None = Field(None, gt=0, le=MOST_UNZIPPED_BYTES)
    wheels: _Key | None = None
    index_url: (
        Annotated[
            str, _matching(rf"(https?|file)://\S+|{NO_INDEX}", f"an address such as https://pypi.org/simple, or {NO_INDEX}")
        ]
        | None
    ) = None
    imports: list[str] = []
    smoke: str | None = None
    budget: _BudgetForm | None = None
    accounts: list[_Account] = []
    organizations: list[_Organization] = []
    places: list[_PlacePattern] = []
    retention: _RetentionForm | None = None
    license: str | None = Field(None, max_length=512)
    tags: dict[str, str] = {}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "_Layer":
        wrong = [runtime for runtime in self.runtimes if not _RUNTIMES[self.kind].fullmatch(runtime)]
        if wrong:
            raise ValueError(f"has the runtime {wrong[0]!r}: a layer of kind {self.kind} takes {_EXAMPLES[self.kind]}")
        other: Kind = "node" if self.kind == "python" else "python"
        strange = [key for key in _ONLY[other] if key in self.model_fields_set]
        if strange:
            raise ValueError(f"says {strange[0]!r}, which belongs to layers of kind {other}: remove it, or say `kind: {other}`")
        if self.kind == "python" and not (self.requirements or self.lock):
            raise ValueError("says no packages: give `requirements`, or `lock` with a file of the inputs")
        if self.kind == "node" and not self.package:
            raise ValueError("says no packages: give `package`, a folder of the inputs with package.json and package-lock.json")
        for values, what in ((self.runtimes, "runtime"), (self.architectures, "architecture")):
            if len(set(values)) < len(values):
                raise ValueError(f"names one {what} twice: keep one of them")
        return self

    def names(self) -> set[str]:
        """Of all its combinations."""
        return {filled_in(self.name, *one) for one in product(self.runtimes, self.architectures)}

    def specification(self) -> LayerSpecification:
        budget, retention = self.budget or _BudgetForm(), self.retention or _RetentionForm()
        return LayerSpecification(
            name=self.name,
            kind=self.kind,
            runtimes=tuple(self.runtimes),
            architectures=tuple(self.architectures),
            requirements=tuple(self.requirements),
            lock=self.lock or "",
            package=self.package or "",
            leave_out=tuple(self.leave_out),
            leave_out_provided=self.leave_out_provided,
            bytecode=self.bytecode,
            most_bytes=self.most_bytes,
            wheels=self.wheels or "",
            index_url=self.index_url or "",
            imports=tuple(self.imports),
            smoke=self.smoke or "",
            budget=Budget(budget.unzipped_bytes, budget.growth, budget.import_growth),
            accounts=tuple(self.accounts),
            organizations=tuple(self.organizations),
            places=tuple(self.places),
            retention=Retention(retention.newest, retention.days, frozenset(retention.pinned)),
            license=self.license or "",
            tags=self.tags,
        )


class _File(_Form):
    layers: list[_Layer] | None = None


def _name_clashes(layers: list[_Layer]) -> Iterator[tuple[_Place, str]]:
    owners: dict[str, int] = {}
    for n, layer in enumerate(layers):
        for name in sorted(layer.names()):
            if name in owners and owners[name] != n:
                yield ("layers", n, "name"), f"gives the layer {name!r}, as layers[{owners[name]}] does: rename one of them"
            owners.setdefault(name, n)


def _plain(node: yaml.Node, place: _Place, lines: dict[_Place, int], repeated: list[_Place]) -> Any:  # noqa: ANN401
    """Values as they are written, so that an account keeps its leading zero; None where nothing is."""
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key, below in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else str(key.start_mark)
            if name in found:
                repeated.append((*place, name))
            lines[(*place, name)] = key.start_mark.line + 1
            found[name] = _plain(below, (*place, name), lines, repeated)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(below, (*place, n), lines, repeated) for n, below in enumerate(node.value)]
    plain = isinstance(node, yaml.ScalarNode) and node.style is None
    return None if plain and node.value in _EMPTY else node.value


def _line(place: _Place, lines: Mapping[_Place, int]) -> int:
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _named(place: _Place, said: object) -> str:
    """`layers[2] (http-client), budget.growth`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".") or "the file"
    if len(place) < 2:
        return text
    try:
        name = said["layers"][place[1]]["name"]  # type: ignore[index]
    except (KeyError, TypeError, IndexError):
        return text
    return f"{text} (of {name})"


def _told(error: Any) -> str:  # noqa: ANN401 -- pydantic's ErrorDetails
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "extra_forbidden":
        return "is no key that is known: correct its spelling or remove it; docs/layers.md lists them"
    if kind == "missing":
        return "is missing: add it"
    if kind in ("list_type", "dict_type", "model_type", "model_attributes_type"):
        return f"has to be a {'list' if kind == 'list_type' else 'mapping'}: write it so"
    message = str(error["msg"])
    return f"holds {error['input']!r}: {message[:1].lower()}{message[1:]}"
