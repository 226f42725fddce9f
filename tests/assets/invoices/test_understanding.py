"""What is understood of invoices: by either engine, with what extraction knows, and with failures told."""

import pytest

from assets.invoices.logic.invoice import Candidate, Invoice, LineItem, Value
from assets.invoices.understanding import Printed, understand
from resources.language.local import LocalLanguage
from resources.oci.clients import OciClients
from resources.oci.language import OciLanguage
from tests.sandboxes import running

TEXT = (
    "Nordwind Logistics GmbH\nHafenstraße 5\n20457 Hamburg\nDeutschland\n\nRechnung vom 12.03.2024\nAcme Widgets Ltd\n"
    "Holzpaletten 3 411,50 1.234,50 €\nTransport 1 100,00 €\nGezahlt: 50,00 USD\n"
)


def value(text):
    return Value(Candidate(text, text))


def invoice(*descriptions, **fields):
    items = tuple(LineItem({"description": value(description)}) for description in descriptions)
    return Invoice((1,), {name: value(text) for name, text in fields.items()}, items)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cloud")) as made:
        yield made


@pytest.fixture(params=["local", "oci"])
def language(request):
    if request.param == "local":
        return LocalLanguage()
    sandbox = request.getfixturevalue("sandbox")
    return OciLanguage(clients=OciClients(endpoint=sandbox.url, config_file=sandbox.config_file))


def test_an_invoice_is_understood_with_what_extraction_knows(language):
    known = invoice("Holzpaletten", "Transport", seller="Nordwind Logistics GmbH", buyer="Acme Widgets", currency="EUR")
    (found,) = understand(language, [Printed("i1", known, TEXT, "Vielen Dank, perfekt!", "de")])
    assert (found.key, found.engine, found.failures) == ("i1", language.engine, ())
    assert [entity.text for entity in found.named("product")] == ["Holzpaletten", "Transport"]
    assert {entity.text for entity in found.named("organisation")} == {"Nordwind Logistics GmbH", "Acme Widgets"}
    assert found.sentiment.mood == "positive"
    assert found.key_phrases
    points = {summand.name: summand.points for summand in found.complexity.summands}
    assert (points["line_items"], points["organisations"], points["currencies"]) == (4, 5, 10)
    assert found.complexity.score >= 19


def test_several_invoices_keep_their_own_notes_and_one_without_any_has_no_sentiment(language):
    some = [
        Printed(str(n), invoice("Nails"), TEXT, note, "en")
        for n, note in enumerate(["", "Terrible service.", " ", "Great work."])
    ]
    moods = [found.sentiment and found.sentiment.mood for found in understand(language, some)]
    assert moods == [None, "negative", None, "positive"]


def test_line_items_that_were_not_found_leave_the_complexity_unknown(language):
    (found,) = understand(language, [Printed("i", invoice(), TEXT, language="de")])
    assert found.complexity.score is None
    assert found.complexity.at_least > 0


def test_of_no_invoices_nothing_is_understood(language):
    assert understand(language, []) == []


def test_what_was_not_understood_is_told_and_counts_as_unknown(tmp_path):
    with running(tmp_path / "cloud") as sandbox:
        sandbox.fault("partial", operation="batch_detect_language_entities")
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
        (found,) = understand(OciLanguage(clients=clients), [Printed("i", invoice("Nails"), TEXT, language="de")])
    assert found.entities is None
    assert found.key_phrases
    assert [failure.split(":")[0] for failure in found.failures] == ["entities"]
    assert found.complexity.score is None
    assert found.complexity.at_least == 2
