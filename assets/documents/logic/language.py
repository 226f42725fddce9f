"""Which language a passage is written in."""

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_FEWEST_BYTES = 12
"""Letters, in UTF-8 bytes: a dozen of Latin ones or four of a script where each says more."""
_CERTAIN = 0.5
"""Probability from which the answer holds: of short sentences in five languages all above it were right, and all that were wrong
(two words, host names, log lines) lay below 0.2."""


def language(text: str) -> str | None:
    """ISO 639-1 code of the language of a text; None if it is too short, of no language, or uncertain."""
    if len("".join(filter(str.isalpha, text)).encode("utf-8", "surrogatepass")) < _FEWEST_BYTES:
        return None
    code, probability = _identifier().classify(text)
    # Codes of three letters are languages without one of two, and `zxx` is text of no language (keys, base64).
    return str(code) if probability >= _CERTAIN and len(code) == 2 else None


@lru_cache(maxsize=1)
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
