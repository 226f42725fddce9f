"""What failures of python-oracledb and of the database mean; their own texts, which may quote values, are never passed on.

Codes: docs.oracle.com/error-help/db; python-oracledb's `errors.py` for DPY. DRG codes are Oracle Text's.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from resources.errors import BadInput, CloudOpsError, Conflict, Denied, NotFound, PermanentError, Throttled, Unavailable


class NoSuchTable(NotFound):
    """A table or view is not there, or may not be seen (ORA-00942)."""


class Locked(Unavailable):
    """Somebody else holds a lock on it, and held it for as long as was waited."""


class StaleVectorIndex(Unavailable):
    """The in-memory index no longer has the state that this transaction reads (ORA-51815); an exact search has it."""


_WALLET = "Check wallet_location, its ewallet.pem and the wallet's password, and that the server is the one meant."
_LATER = "Repeat later; if it lasts, look at the state of the database and its listener."
_BUSY = "Something else holds the lock: repeat when the other job is done."
_SPACE = "Give the user more quota, or the tablespace more room."
_VECTOR_POOL = (
    "Give the vector pool more memory (VECTOR_MEMORY_SIZE; Autonomous Database sizes it itself), or let the knowledge base "
    "use IVF indexes by not telling it the size of the pool."
)
_SESSIONS = "Wait and repeat with fewer connections at a time (pool_size), or let the database take more sessions."
_SNAPSHOT = "Take a new snapshot; keep each only as long as one search, or give the database more undo."

_MEANINGS: tuple[tuple[type[CloudOpsError], str, str], ...] = (
    (Denied, "Correct the user and password of the database.", "ORA-01005 ORA-01017 DPY-4001"),
    (Denied, "Unlock the user, or give it a new password.", "ORA-28000 ORA-28001 ORA-28002"),
    (Denied, "Grant the user what docs/oracle-vector-search.md lists.", "ORA-01031 ORA-01045 ORA-41900 ORA-01950"),
    (Denied, _WALLET, "DPY-6002 DPY-6006 DPY-6008 ORA-28759 ORA-29024"),
    (NoSuchTable, "It was never created, or is not this user's.", "ORA-00942"),
    (NotFound, "It was never created or is gone: look what generations there are.",
     "ORA-01410 ORA-01418 ORA-02289 ORA-04043 ORA-08103"),
    (NotFound, "Correct the dsn: its alias in tnsnames.ora, or the name of the service.", "DPY-4000 DPY-6001 DPY-6003"),
    (NotFound, _WALLET, "DPY-2018 DPY-4026 DPY-4027"),
    (Conflict, "It is there already, or something else wrote it first: look at it, and repeat.",
     "ORA-00001 ORA-00955 ORA-01408 ORA-02291 ORA-02292 ORA-08177"),
    (Throttled, _SESSIONS, "ORA-00018 ORA-00020 ORA-02391 ORA-12516 ORA-12519 ORA-12520 DPY-4005"),
    (Unavailable, "It took longer than the timeout: repeat, or raise the timeout of calls.", "DPY-4024 ORA-01013"),
    (Locked, _BUSY, "ORA-00054 ORA-00060 ORA-04021 ORA-30006"),
    (Unavailable, _SNAPSHOT, "ORA-01466 ORA-01555"),
    (StaleVectorIndex, _SNAPSHOT, "ORA-51815"),
    (Unavailable, _LATER,
     "ORA-00028 ORA-01012 ORA-01033 ORA-01034 ORA-01089 ORA-02396 ORA-03113 ORA-03114 ORA-03135 ORA-12170 ORA-12514 ORA-12537 "
     "ORA-12541 ORA-12547 ORA-12757 DPY-1001 DPY-4011 DPY-4033 DPY-6000 DPY-6004 DPY-6005"),
    (PermanentError, _SPACE, "ORA-01536 ORA-01652 ORA-01653 ORA-01654 ORA-01658 ORA-01691 ORA-01692"),
    (PermanentError, _VECTOR_POOL, "ORA-51950 ORA-51951 ORA-51962 ORA-51966"),
)  # fmt: skip
_BY_CODE = {code: (kind, advice) for kind, advice, codes in _MEANINGS for code in codes.split()}

_DRG = re.compile(r"\bDRG-\d{5}\b")


@contextmanager
def translated(about: str) -> Iterator[None]:
    """Raise what python-oracledb raises inside as a CloudOpsError.

    Args:
        about: What the calls are about, in words and without values.
    """
    import oracledb

    try:
        yield
    except oracledb.Error as error:
        # neither as cause: a database quotes rows and values in its messages
        raise of_database(error.args[0] if error.args else None, about) from None
    except OSError as error:
        raise Unavailable(
            f"{about}: no answer ({type(error).__name__})", "Check the network, its DNS and the host of the dsn."
        ) from None


def of_database(error: Any, about: str) -> CloudOpsError:  # noqa: ANN401  # the driver's error has no public type
    """What an error of the driver or the database means.

    Args:
        error: The object that python-oracledb's exceptions carry, with `code`, `full_code`, `message` and so on.
        about: What the call was about.
    """
    codes = _codes(error)
    said = f"{about}: {', '.join(codes) or 'unknown error'}"
    for code in codes:
        if code in _BY_CODE:
            kind, advice = _BY_CODE[code]
            return kind(said, advice)
    if getattr(error, "isrecoverable", False) or getattr(error, "is_session_dead", False):
        return Unavailable(said, _LATER)
    reference = f"https://docs.oracle.com/error-help/db/{codes[0].lower()}/" if codes else "the log of the database"
    return BadInput(said, f"Correct the request; {reference} explains the code.")


def _codes(error: Any) -> list[str]:  # noqa: ANN401
    """Codes that it carries: the database's own first, then the driver's, which may stand for it, then Oracle Text's."""
    own, driver = int(getattr(error, "code", 0) or 0), str(getattr(error, "full_code", "") or "")
    found = [f"ORA-{own:05}"] if own else []
    if re.fullmatch(r"[A-Z]{3}-\d{4,5}", driver):
        found.append(driver)
    return list(dict.fromkeys(found + _DRG.findall(str(getattr(error, "message", "") or ""))))
