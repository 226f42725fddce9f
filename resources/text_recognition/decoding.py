"""From what the recognising network says about each column of a line to signs: what each is, where, how sure, and what else."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CERTAIN = 0.98
"""Probability from which no other reading of a sign is worth naming."""
_LIKELY = 0.01
"""Probability from which another reading is named."""
_SPACE, _SPACE_IN_WORD = 0.02, 0.1
"""Probability of a space somewhere between two signs from which there is one, though the network itself says nothing there:
it was trained on text that has none for the most part. Within what would else be a word in lower case it takes more.
"""
_ENDS, _BEGINS = ".,:;!?)]}%'-/", "([{.,:'-/#@"
"""Signs that stand close to what is before them, and close to what follows: no space is put there."""


class Sign(NamedTuple):
    """A character, as the network sees it.

    Attributes:
        text: What it is.
        confidence: Probability of that, 0 to 1.
        place: Where it is on the line, as a share of its length.
        others: What else it may be, likeliest first, each with its probability.
    """

    text: str
    confidence: float
    place: float
    others: tuple[tuple[str, float], ...] = ()


class Decoder:
    """Takes the place of the library's own decoder, which keeps neither what else a sign may be nor most spaces.

    Args:
        characters: What each output of the network stands for; the first is the blank of CTC, the last the space.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        self.character = characters  # by the name under which the library looks for it
        self._space = len(characters) - 1

    def __call__(
        self,
        predictions: "NDArray[np.float32]",
        return_word_box: bool = False,  # noqa: FBT001, FBT002, ARG002  as the library calls it
        *,
        wh_ratio_list: Sequence[float],
        max_wh_ratio: float,
    ) -> tuple[list[tuple[str, float]], list[list[Sign]]]:
        """The lines of a batch: text with mean confidence, and signs, spaces among them.

        Args:
            predictions: Probabilities (lines, columns, characters).
            return_word_box: Of no importance.
            wh_ratio_list: Width by height of every line.
            max_wh_ratio: Width by height that all were filled up to.
        """
        lines = [
            self._signs(line, line.shape[0] * ratio / max_wh_ratio)
            for line, ratio in zip(predictions, wh_ratio_list, strict=True)
        ]
        return [("".join(sign.text for sign in line), _mean(line)) for line in lines], lines

    def _signs(self, line: "NDArray[np.float32]", columns: float) -> list[Sign]:
        import numpy as np

        best = line.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        signs: list[Sign] = []
        before = -1
        for column in np.flatnonzero(kept):
            if signs and best[column] != self._space and signs[-1].text != " ":
                signs += self._missed_space(
                    line[before + 1 : column], signs[-1].text, self.character[int(best[column])], before + 1, columns
                )
            signs.append(self._sign(line[column], (int(column) + 0.5) / columns))
            before = int(column)
        return signs

    def _missed_space(self, between: "NDArray[np.float32]", left: str, right: str, first: int, columns: float) -> Iterator[Sign]:
        """The space between two signs, if the columns between them (the first has this number) hint at one."""
        if not len(between) or left in _BEGINS or right in _ENDS:
            return
        spaces = between[:, self._space]
        if spaces.max() >= (_SPACE_IN_WORD if left.islower() and right.islower() else _SPACE):
            yield Sign(" ", float(spaces.max()), (first + int(spaces.argmax()) + 0.5) / columns)

    def _sign(self, probabilities: "NDArray[np.float32]", place: float) -> Sign:
        import numpy as np

        best = int(probabilities.argmax())
        confidence = float(probabilities[best])
        others: list[tuple[str, float]] = []
        if confidence < _CERTAIN:
            likely = np.flatnonzero(probabilities >= _LIKELY)
            ordered = sorted(map(int, likely), key=lambda n: -probabilities[n])[:4]
            others = [(self.character[n], float(probabilities[n])) for n in ordered if n not in (0, best, self._space)]
        return Sign(self.character[best], confidence, place, tuple(others))


def _mean(line: Sequence[Sign]) -> float:
    signs = [sign.confidence for sign in line if sign.text != " "]
    return sum(signs) / len(signs) if signs else 0.0


def decoder_of(recogniser: Any) -> Decoder:  # noqa: ANN401  the library has no types
    """A decoder for the characters of the library's recogniser."""
    return Decoder(recogniser.postprocess_op.character)
