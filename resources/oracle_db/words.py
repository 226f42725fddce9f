"""Terms as Oracle Text has them: tokens that its lexer keeps whole, and queries of weighted terms."""

import hashlib
import re
from collections.abc import Iterator, Mapping

from resources.errors import BadInput
from resources.knowledge_base.analysis import passage_terms

LEAST_WEIGHT, MOST_WEIGHT = 0.1, 10.0
"""Range of the weight operator. Source: Oracle Text Reference, "CONTAINS Query Operators", weight."""
MOST_BYTES = 3000
"""Most bytes of one query expression; it is a VARCHAR2, of 4000 bytes where strings were not extended."""

_PLAIN = re.compile(r"(?!qx)[a-z0-9]{1,60}")


def token(term: str) -> str:
    """A term as it stands in the indexed column: itself if it is plain, else a hash of it.

    The lexer would split a term at its points and hyphens, and cut a long one; with `qx` before the hash, a plain term cannot
    be taken for one. Tokens are letters and digits of ASCII only, whatever the term was.
    """
    if _PLAIN.fullmatch(term):
        return term
    return "qx" + hashlib.blake2b(term.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def indexed_text(title: str, heading: str | None, content: str) -> str:
    """What Oracle Text indexes of a passage: the token of each of its terms, as often as the term counts."""
    return " ".join(" ".join([token(term)] * round(times)) for term, times in passage_terms(title, heading, content).items())


def escaped(term: str) -> str:
    """A term as a query expression of its own: in braces, so that no reserved word or operator is read in it."""
    return "{" + token(term) + "}"


def expressions(terms: Mapping[str, float]) -> list[str]:
    """Query expressions that together find what holds any of the terms; each short enough to be bound.

    Args:
        terms: Weights by term, all positive. The greatest becomes the operator's greatest; those below a hundredth of it
            count as a hundredth, since the operator knows no smaller share.

    Raises:
        BadInput: A weight is not a positive number.
    """
    if not all(0 < weight < float("inf") for weight in terms.values()):
        raise BadInput("a term's weight is not a positive number", "Leave out terms that shall not count.")
    scale = MOST_WEIGHT / max(terms.values(), default=1.0)
    weighted = (f"{escaped(term)}*{max(weight * scale, LEAST_WEIGHT):.1f}" for term, weight in terms.items())
    return [" ACCUM ".join(some) for some in _packed(weighted)]


def _packed(parts: Iterator[str]) -> Iterator[list[str]]:
    pack: list[str] = []
    size = 0
    for part in parts:
        if pack and size + len(part) > MOST_BYTES:
            yield pack
            pack, size = [], 0
        pack.append(part)
        size += len(part) + len(" ACCUM ")
    if pack:
        yield pack
