"""What every engine of language keeps: its interface's promises, on this machine or behind OCI's API."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resources.language.interface import MOODS, Failure, Text
from resources.language.local import LocalLanguage
from resources.oci.clients import OciClients
from resources.oci.language import OciLanguage
from tests.sandboxes import running

COMPARTMENT = os.environ.get("CLOUDOPS_TEST_OCI_COMPARTMENT", "")
LIVE = pytest.mark.skipif(
    not COMPARTMENT, reason="live: needs an OCI account: name a compartment in CLOUDOPS_TEST_OCI_COMPARTMENT"
)
VARIANTS = ["local", "oci", "oci, not masked", pytest.param("live", marks=[pytest.mark.live, LIVE])]
INVOICE = (
    "Nordwind Logistics GmbH\nHafenstraße 5\n20457 Hamburg\nDeutschland\n\n"
    "Rechnung vom 12.03.2024 an Acme Widgets Ltd\n3 Holzpaletten zu 1.234,50 €\nFragen: rechnung@nordwind.example, +49 40 1234567"
)


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cloud")) as sandbox:
        clients = OciClients(endpoint=sandbox.url, config_file=sandbox.config_file)
        yield {
            "local": LocalLanguage(),
            "oci": OciLanguage(clients=clients),
            "oci, not masked": OciLanguage(clients=clients, mask_first=False),
            "live": OciLanguage(clients=OciClients(), compartment_id=COMPARTMENT),
        }


@pytest.fixture(params=VARIANTS)
def engine(request, engines):
    return engines[request.param]


def test_entities_are_told_by_kind_where_they_stand(engine):
    (answer,) = engine.entities([Text("i", INVOICE, "de")])
    assert (answer.key, answer.failures) == ("i", ())
    found = {(entity.kind, entity.text) for entity in answer.found}
    assert ("organisation", "Nordwind Logistics GmbH") in found
    assert {text for kind, text in found if kind == "date"} == {"12.03.2024"}
    assert {text for kind, text in found if kind == "money"} == {"1.234,50 €"}
    assert any(kind == "location" and "Hamburg" in text for kind, text in found)
    assert all(INVOICE[entity.start : entity.end] == entity.text for entity in answer.found)
    assert all(0 < entity.confidence <= 1 and entity.engine_type for entity in answer.found)
    assert [entity.start for entity in answer.found] == sorted(entity.start for entity in answer.found)


def test_what_the_caller_knows_is_found_and_comes_before_the_engine_s_own_account(engine):
    known = (("product", "Holzpaletten"), ("organisation", "Nordwind Logistics"), ("product", "Gabelstapler"))
    (answer,) = engine.entities([Text("i", INVOICE, "de", known)])
    given_by_caller = [(e.kind, e.text, e.start is None) for e in answer.found if e.engine_type == "KNOWN"]
    assert sorted(given_by_caller) == [
        ("organisation", "Nordwind Logistics", False),
        ("product", "Gabelstapler", True),
        ("product", "Holzpaletten", False),
    ]
    assert not any(e.text == "Nordwind Logistics GmbH" for e in answer.found)


def test_answers_come_in_the_order_of_the_texts(engine):
    texts = [Text(f"t{n}", f"Invoice {n} of 2024-01-{n:02} over EUR {n}00.00", "en") for n in range(1, 8)]
    answers = engine.entities(texts)
    assert [answer.key for answer in answers] == [text.key for text in texts]
    assert [[e.text for e in answer.found if e.kind == "date"] for answer in answers] == [
        [f"2024-01-{n:02}"] for n in range(1, 8)
    ]


def test_texts_of_the_same_key_keep_their_own_answers(engine):
    one, other = engine.entities([Text("k", "Paid on 2024-01-01", "en"), Text("k", "Paid on 2024-02-02", "en")])
    assert [e.text for e in one.found] == ["2024-01-01"]
    assert [e.text for e in other.found] == ["2024-02-02"]


def test_key_phrases_say_what_a_text_is_about_best_first(engine):
    text = "The wooden pallets were delivered. Wooden pallets of this quality are rare; the wooden pallets stay."
    (answer,) = engine.key_phrases([Text("k", text, "en")])
    assert "wooden pallets" in {phrase.text.lower() for phrase in answer.found}
    scores = [phrase.score for phrase in answer.found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("Excellent work, we are very happy.", "positive"),
        ("The delivery was late and the boxes were broken.", "negative"),
        ("Payment by bank transfer.", "neutral"),
        ("Excellent work, but the delivery was late.", "mixed"),
    ],
)
def test_notes_are_praise_blame_both_or_neither(engine, text, mood):
    (answer,) = engine.sentiments([Text("n", text, "en")])
    assert answer.found.mood == mood
    assert set(answer.found.scores) == set(MOODS)
    assert sum(answer.found.scores.values()) == pytest.approx(1)


def test_personal_data_is_found_and_masked_in_place(engine):
    text = Text("p", "Write to ann.lee@example.com, or pay DE89 3704 0044 0532 0130 00 by card 4111 1111 1111 1111.", "en")
    (answer,) = engine.personal_data([text])
    kinds = {datum.engine_type: datum.text for datum in answer.found}
    assert kinds["EMAIL"] == "ann.lee@example.com"
    assert kinds["BANK_ACCOUNT_NUMBER"] == "DE89 3704 0044 0532 0130 00"
    assert kinds["CREDIT_DEBIT_NUMBER"] == "4111 1111 1111 1111"
    (hidden,) = engine.masked([text], keep=4)
    assert len(hidden.found) == len(text.text)
    assert "ann.lee" not in hidden.found
    assert "3704" not in hidden.found
    assert hidden.found.endswith("1111.")
    assert hidden.found.startswith("Write to *")


@pytest.mark.parametrize("blank", ["", " \n\t "])
def test_in_a_blank_text_nothing_is_and_it_has_no_sentiment(engine, blank):
    texts = [Text("b", blank), Text("x", "Paid on 2024-01-01", "en")]
    assert engine.entities(texts)[0].found == ()
    assert engine.key_phrases(texts)[0].found == ()
    assert engine.personal_data(texts)[0].found == ()
    (answer, other) = engine.sentiments(texts)
    assert answer.found is None
    assert answer.failures == (Failure(0, len(blank), "there is no word in the text"),)
    assert other.failures == ()


def test_of_no_texts_there_are_no_answers(engine):
    assert (engine.entities([]), engine.key_phrases([]), engine.sentiments([]), engine.personal_data([])) == ([], [], [], [])


def test_places_in_a_long_text_are_those_of_the_whole_text(engine):
    filler = "Ordinary words follow one another here.\n" * 60
    text = "".join(f"{filler}Paid on 2024-03-{day:02} to Acme Widgets Ltd.\n" for day in range(1, 10))
    assert len(text) > 20_000
    (answer,) = engine.entities([Text("long", text, "en")])
    days = [entity for entity in answer.found if entity.kind == "date"]
    assert [text[day.start : day.end] for day in days] == [f"2024-03-{day:02}" for day in range(1, 10)]
    assert sum(entity.kind == "organisation" for entity in answer.found) == 9


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60), max_size=4))
def test_any_text_has_an_answer_whose_places_lie_in_it(engine, texts):
    for answer, text in zip(engine.entities([Text(str(n), t) for n, t in enumerate(texts)]), texts, strict=True):
        assert all(text[e.start : e.end] == e.text for e in answer.found or ())
    for answer, text in zip(engine.masked([Text(str(n), t) for n, t in enumerate(texts)]), texts, strict=True):
        assert len(answer.found) == len(text)
