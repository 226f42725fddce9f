"""The pages of one invoice with what all fields need to know of them: labels, language, how numbers are written."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from assets.invoices.logic.extraction import wordings
from assets.invoices.logic.extraction.labels import Label, labels
from assets.invoices.logic.extraction.sheet import Segment, Sheet, folded
from assets.invoices.logic.extraction.wordings import Language, Role
from assets.invoices.logic.numbers import Numerals, numerals


@dataclass(frozen=True, eq=False)
class Document:
    """One invoice's pages."""

    sheets: tuple[Sheet, ...]

    @cached_property
    def segments(self) -> list[Segment]:
        """The lines of all pages."""
        return [segment for sheet in self.sheets for segment in sheet.segments]

    @cached_property
    def texts(self) -> list[str]:
        """The text of all lines."""
        return [segment.text for segment in self.segments]

    @cached_property
    def numerals(self) -> Numerals:
        """How numbers are written."""
        return numerals(self.texts)

    @cached_property
    def labels(self) -> dict[int, list[Label]]:
        """The labels of each page, by its number."""
        return {sheet.number: labels(sheet) for sheet in self.sheets}

    def labelled(self, *roles: Role) -> list[tuple[Sheet, Label]]:
        """The labels of some roles with their pages."""
        return [(sheet, label) for sheet in self.sheets for label in self.labels[sheet.number] if label.role in roles]

    def named(self, segment: Segment) -> bool:
        """Whether a line begins with a label, so that what it says belongs to that."""
        return id(segment) in self._named

    @cached_property
    def _named(self) -> set[int]:
        found = (label for some in self.labels.values() for label in some)
        return {id(label.segment) for label in found if label.start == 0 and (label.meaning.weight >= 1 or label.alone)}

    @cached_property
    def headings(self) -> set[int]:
        """Identities of the lines in rows that head line items."""
        words = set(wordings.ITEM_HEADINGS.split())
        found: set[int] = set()
        for sheet in self.sheets:
            for segment in sheet.segments:
                row = [segment, *sheet.beside(segment)]
                if len({token.text for part in row for token in part.tokens} & words) > 1 and not _has_amount(row):
                    found |= {id(part) for part in row}
        return found

    @cached_property
    def language(self) -> Language | None:
        """The language of most labels and small words; None if nothing tells."""
        votes: Counter[Language] = Counter()
        for some in self.labels.values():
            votes.update(label.meaning.language for label in some if label.meaning.language and label.meaning.weight >= 1)
        words = Counter(token for text in self.texts for token in folded(text).split())
        for language, stop in wordings.STOP_WORDS.items():
            votes[language] += sum(words[word] for word in stop.split()) // 2
        best = votes.most_common(1)
        return best[0][0] if best and best[0][1] > 0 else None


def _has_amount(row: list[Segment]) -> bool:
    return sum(c.isdigit() for segment in row for c in segment.text) > 4
