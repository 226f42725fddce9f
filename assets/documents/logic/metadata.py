"""What is known about a document, from all who say something about it; the more particular source wins, field by field.

In order: the sidecar `NAME.meta.json` beside the document, the metadata of its object, what the file says about itself, and
the rules for its path. A value that makes no sense is a note, and the next source is asked.
"""

import email.errors
import email.header
import fnmatch
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import PurePosixPath
from typing import NamedTuple

from assets.documents.logic.dates import read_date
from assets.documents.logic.document import Document, Metadata

SIDECAR_SUFFIX = ".meta.json"
_SIDECAR_SIZE = 65_536
_NAMES = {
    "title": "title",
    "department": "department",
    "dept": "department",
    "date": "created_date",
    "created": "created_date",
    "created_date": "created_date",
    "tags": "tags",
    "keywords": "tags",
}
_LONGEST = {"title": 500, "department": 100, "tags": 100}
_MOST_TAGS = 100
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")
_NO_TITLES = {"untitled", "untitled document", "document", "title", "no title", "word document", "powerpoint presentation"}
"""What programs write where nobody gave a title."""


class Merged(NamedTuple):
    """What is known about a document.

    Attributes:
        metadata: The values; the title is always known.
        sources: Source of every known field: `sidecar`, `object metadata`, `document`, `path rule`, `first heading`, `file name`.
        notes: Values and sources that could not be used, for people.
    """

    metadata: Metadata
    sources: dict[str, str]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathRule:
    """What a document's key says about it.

    Attributes:
        match: Pattern of keys: `*` stands for any characters (slashes too), `?` for one, `[ab]` for one of these.
        department: Department of matching documents.
        tags: Their tags.
        date: Where the key holds the date: its first group, or all of it if it has none.
    """

    match: str
    department: str | None = None
    tags: tuple[str, ...] = ()
    date: re.Pattern[str] | None = None


def path_rules(text: str) -> tuple[PathRule, ...]:
    """Rules from YAML: a list of `match` with `department`, `tags` and `date` (a regular expression).

    The first rule that matches and says something about a field decides it; tags of all of them are united.

    Raises:
        ValueError: The text is no such list; the message says what is wrong with which rule.
    """
    import yaml

    try:
        rules = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise ValueError(f"the path rules are no YAML: {error}") from error
    if not isinstance(rules, list):
        raise ValueError("the path rules are no list: begin each rule with `- match:`")  # noqa: TRY004  it is the text that is wrong
    return tuple(_path_rule(rule, number) for number, rule in enumerate(rules, start=1))


def sidecar_of(key: str) -> str:
    """Key of the sidecar of a document."""
    return key + SIDECAR_SUFFIX


def is_sidecar(key: str) -> bool:
    """Whether the key is that of a sidecar, which is no document itself."""
    return key.endswith(SIDECAR_SUFFIX)


def stated(values: Mapping[str, object], source: str) -> tuple[Metadata, list[str]]:
    """What `values` say, whatever the case of their names; others than title, department, date and tags are left alone.

    Args:
        values: As they were written. Tags are a list, or a text with commas or semicolons between them.
        source: Who says so, for notes.

    Returns:
        The values that make sense, and a note for each that does not.
    """
    found: dict[str, object] = {}
    notes: list[str] = []
    for name, value in values.items():
        field = _NAMES.get(str(name).strip().lower().replace("-", "_"))
        if field is None or field in found or value is None or value == "":
            continue
        try:
            read = _READERS[field](value)
        except ValueError as error:
            notes.append(f"{field} of {source} is not used: {error}")
        else:
            if read:
                found[field] = read
    return Metadata(**found), notes  # type: ignore[arg-type]


def merged(
    document: Document,
    key: str,
    *,
    sidecar: bytes | None = None,
    object_metadata: Mapping[str, str] | None = None,
    rules: Sequence[PathRule] = (),
) -> Merged:
    """All that is known about the document with this key.

    Args:
        document: The document, with what it says about itself.
        key: Its key; rules look at it, and its last part is the title if nobody knows a better one.
        sidecar: Content of its sidecar, if there is one.
        object_metadata: Metadata that its store keeps with it, by name.
        rules: Rules for paths.
    """
    beside, sidecar_faults = _sidecar(sidecar)
    stored, stored_faults = stated({name: _unfolded(value) for name, value in (object_metadata or {}).items()}, "object metadata")
    by_path, path_faults = _by_path(key, rules)
    heading = next((section.headings[-1] for section in document.sections if section.headings), None)
    sources = {
        "sidecar": beside,
        "object metadata": stored,
        "document": document.metadata,
        "path rule": by_path,
        "first heading": Metadata(title=heading and heading[: _LONGEST["title"]]),
        "file name": Metadata(title=_file_name(key)),
    }
    values: dict[str, object] = {}
    winners: dict[str, str] = {}
    for field in (field.name for field in fields(Metadata)):
        for source, metadata in sources.items():
            if value := getattr(metadata, field):
                values[field], winners[field] = value, source
                break
    return Merged(Metadata(**values), winners, (*sidecar_faults, *stored_faults, *path_faults))  # type: ignore[arg-type]


def _sidecar(content: bytes | None) -> tuple[Metadata, list[str]]:
    if content is None:
        return Metadata(), []
    if len(content) > _SIDECAR_SIZE:
        return Metadata(), [f"the sidecar is not used: it is larger than {_SIDECAR_SIZE:,} bytes"]
    try:
        values = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return Metadata(), [f"the sidecar is not used: it is no JSON ({_one_line(str(error))})"]
    if not isinstance(values, dict):
        return Metadata(), ["the sidecar is not used: it is no JSON object"]
    return stated(values, "the sidecar")


def _by_path(key: str, rules: Sequence[PathRule]) -> tuple[Metadata, list[str]]:
    department: str | None = None
    created: date | None = None
    tags: set[str] = set()
    notes: list[str] = []
    for rule in rules:
        if not fnmatch.fnmatchcase(key, rule.match):
            continue
        department = department or rule.department
        tags.update(rule.tags)
        found = rule.date.search(key) if rule.date and not created else None
        if found:
            try:
                created = read_date(found[1] if found.re.groups else found[0])
            except ValueError as error:
                notes.append(f"the date in its path is not used: {error}")
    return Metadata(department=department, created_date=created, tags=tuple(sorted(tags))), notes


def _path_rule(rule: object, number: int) -> PathRule:
    names = {field.name for field in fields(PathRule)}
    if not isinstance(rule, dict) or not isinstance(rule.get("match"), str):
        raise ValueError(f'path rule {number} has no pattern: give it `match: "folder/*"`')  # noqa: TRY004
    if unknown := sorted(set(map(str, rule)) - names):
        raise ValueError(f"path rule {number} has no use for {', '.join(unknown)}: it knows {', '.join(sorted(names))}")
    try:
        return PathRule(
            match=rule["match"],
            department=_text(rule["department"], "department") if rule.get("department") else None,
            tags=_tags(rule.get("tags") or []),
            date=re.compile(str(rule["date"])) if rule.get("date") else None,
        )
    except (ValueError, re.error) as error:
        raise ValueError(f"path rule {number} cannot be used: {error}") from error


def _title(value: object) -> str | None:
    text = _text(value, "title").removeprefix("Microsoft Word - ")
    return None if text.lower() in _NO_TITLES else text


def _department(value: object) -> str:
    return _text(value, "department")


def _tags(value: object) -> tuple[str, ...]:
    several: Iterable[object]
    if isinstance(value, str):
        several = re.split(r"[,;]", value)
    elif isinstance(value, list | tuple):
        several = value
    else:
        several = [value]
    tags = {tag for one in several if (tag := _text(one, "tags"))}
    if len(tags) > _MOST_TAGS:
        raise ValueError(f"{len(tags)} are more than {_MOST_TAGS}")
    return tuple(sorted(tags))


_READERS = {"title": _title, "department": _department, "created_date": read_date, "tags": _tags}


def _text(value: object, field: str) -> str:
    """The value on one line. Raises ValueError if it is no text, or longer than it may be."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        raise ValueError(f"a {type(value).__name__} is no text")  # noqa: TRY004  its callers take one kind of error
    if isinstance(value, int) and value.bit_length() > 64:
        raise ValueError("it is too large a number")
    text = unicodedata.normalize("NFC", _one_line(str(value)))
    if len(text) > _LONGEST[field]:
        raise ValueError(f"it is longer than {_LONGEST[field]} characters")
    return text


def _one_line(text: str) -> str:
    return " ".join(_CONTROLS.sub(" ", text.replace("\u00ad", "")).split())


def _unfolded(value: str) -> str:
    """A value of object metadata, which holds other than ASCII as e-mail headers do."""
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (LookupError, ValueError, email.errors.HeaderParseError):
        return value


def _file_name(key: str) -> str:
    name = _one_line(PurePosixPath(key).name)
    return (PurePosixPath(name).stem.strip() or name or "document")[: _LONGEST["title"]]
