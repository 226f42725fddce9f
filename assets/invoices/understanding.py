"""What the text of invoices speaks of, and how complex they are: many invoices in few calls of a language engine."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from assets.invoices.logic.complexity import Complexity, Mention, complexity
from assets.invoices.logic.invoice import FieldName, Invoice
from resources.language.interface import Answer, Entities, Entity, KeyPhrase, Kind, LanguageAI, Sentiment, Text

_KNOWN: tuple[tuple[FieldName, Kind], ...] = (
    ("seller", "organisation"),
    ("buyer", "organisation"),
    ("seller_address", "location"),
    ("buyer_address", "location"),
)


@dataclass(frozen=True, slots=True)
class Printed:
    """An invoice and its words.

    Attributes:
        key: Its identity.
        invoice: As it was extracted.
        text: All that is printed on its pages, in their order.
        notes: What people wrote on it or about it; empty if nothing.
        language: ISO 639-1, if it is known.
    """

    key: str
    invoice: Invoice
    text: str
    notes: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of an invoice.

    Attributes:
        key: `Printed.key`.
        engine: Engine of language, `name@version`.
        entities: What it names; None if nothing of its text was understood.
        key_phrases: What it is about, best first; None likewise.
        sentiment: Of its notes; None if it has none, or they were not understood.
        complexity: How complex it is.
        failures: What was not understood, and why.
    """

    key: str
    engine: str
    entities: tuple[Entity, ...] | None
    key_phrases: tuple[KeyPhrase, ...] | None
    sentiment: Sentiment | None
    complexity: Complexity
    failures: tuple[str, ...]

    def named(self, kind: Kind) -> tuple[Entity, ...]:
        """Entities of one kind."""
        return tuple(entity for entity in self.entities or () if entity.kind == kind)


def understand(language: LanguageAI, printed: Sequence[Printed]) -> list[Understood]:
    """What is to be understood of invoices, in their order.

    Raises:
        CloudOpsError: The engine did not answer at all.
    """
    texts = [Text(one.key, one.text, one.language, tuple(_known(one.invoice))) for one in printed]
    noted = {place: Text(one.key, one.notes, one.language) for place, one in enumerate(printed) if one.notes.strip()}
    moods = dict(zip(noted, language.sentiments(list(noted.values())), strict=True))
    found = zip(printed, language.entities(texts), language.key_phrases(texts), strict=True)
    return [
        _understood(language.engine, one, entities, phrases, moods.get(place))
        for place, (one, entities, phrases) in enumerate(found)
    ]


def _understood(
    engine: str,
    one: Printed,
    entities: Entities,
    phrases: Answer[tuple[KeyPhrase, ...]],
    mood: Answer[Sentiment] | None,
) -> Understood:
    failures = {
        **dict.fromkeys(f"entities: {failure.reason}" for failure in entities.failures),
        **dict.fromkeys(f"key phrases: {failure.reason}" for failure in phrases.failures),
        **dict.fromkeys(f"sentiment: {failure.reason}" for failure in (mood.failures if mood else ())),
    }
    found = None if entities.failures else entities.found
    return Understood(
        one.key,
        engine,
        entities.found,
        phrases.found,
        mood.found if mood else None,
        _complexity(one.invoice, found),
        tuple(failures),
    )


def _complexity(invoice: Invoice, entities: tuple[Entity, ...] | None) -> Complexity:
    """An invoice without line items has some that were not found: how many is not known."""
    currency = invoice.fields.get("currency")
    return complexity(
        len(invoice.items) or None,
        None if entities is None else _mentions(entities, "organisation"),
        None if entities is None else _mentions(entities, "location"),
        None if entities is None else [entity.text for entity in entities if entity.kind == "money"],
        currency.value if currency else None,
    )


def _mentions(entities: Iterable[Entity], kind: Kind) -> list[Mention]:
    return [Mention(entity.text, entity.confidence) for entity in entities if entity.kind == kind]


def _known(invoice: Invoice) -> Iterator[tuple[Kind, str]]:
    """What extraction found already: the parties, their addresses, and what was bought."""
    for name, kind in _KNOWN:
        value = invoice.fields.get(name)
        if value is not None:
            yield kind, value.value
    for item in invoice.items:
        description = item.columns.get("description")
        if description is not None:
            yield "product", description.value
