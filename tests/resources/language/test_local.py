"""What the rules of this machine find, language by language, and how long they take over hostile texts."""

import time
from pathlib import Path

import pytest

from resources.language import sentiment
from resources.language.interface import Text
from resources.language.key_phrases import key_phrases
from resources.language.local import LocalLanguage
from resources.language.personal_data import personal_data

LABELLED = Path(__file__).with_name("labelled.tsv")


def found(text, kind):
    (answer,) = LocalLanguage().entities([Text("t", text)])
    return [entity.text for entity in answer.found if entity.kind == kind]


def sure(text, kind):
    (answer,) = LocalLanguage().entities([Text("t", text)])
    return [entity.text for entity in answer.found if entity.kind == kind and entity.confidence > 0.8]


@pytest.mark.parametrize(
    "name",
    [
        "Nordwind Logistics GmbH & Co. KG", "Bäckerei Schmidt e.K.", "Muster UG (haftungsbeschränkt)", "Siemens AG", "SAP SE",
        "Acme, Inc.", "British Widgets Ltd", "Jones & Sons LLP", "Tesco PLC",
        "MUSTER-KUNDE GMBH", "Lieferant GmbH", "Dupont et Fils SARL", "Boulangerie M. S.A.R.L.",
        "Transports Durand SAS", "Suministros García S.L.", "Banco de Prueba S.A.", "De Vries B.V.", "Rossi S.p.A.", "3M Company",
    ],
)  # fmt: skip
def test_an_organisation_is_told_by_its_legal_form(name):
    assert sure(f"Rechnung\n{name}\nTotal 12", "organisation") == [name]


def test_words_before_a_name_are_none_of_it():
    assert found("Invoice to Acme Ltd and from Nordwind GmbH", "organisation") == ["Acme Ltd", "Nordwind GmbH"]
    assert found("Lieferant: Muster GmbH", "organisation") == ["Muster GmbH"]
    assert found("Unsere AG tagt, die KG auch. The Limited edition.", "organisation") == []


@pytest.mark.parametrize(
    "address",
    [
        "Musterstraße 12a\nD-80331 München\nDeutschland",
        "Am Alten Markt 3-5\n50667 Köln",
        "12 bis rue de la République, 69002 Lyon, France",
        "8 avenue Foch\n75116 Paris",
        "Calle Mayor 5, 28013 Madrid, España",
        "742 Evergreen Road, Springfield, IL 62704",
        "Baker Street\nLondon NW1 6XE\nUnited Kingdom",
        "CH-8001 Zürich",
    ],
)
def test_an_address_is_one_location(address):
    (one,) = [text for text in sure(f"Acme Ltd\n{address}\n\nTotal: 12.00", "location") if text != "Baker Street"]
    assert one in (address, address.removeprefix("Baker Street\n"))


def test_a_town_below_a_street_is_sure_with_another_column_between_them():
    text = "Lieferantenstraße 20 Rechnungsnummer: 471102\nKundennummer: GE2020211\n80333 München Datum: 05.03.2018"
    assert sure(text, "location") == ["80333 München"]


def test_a_number_of_an_article_is_no_sure_place():
    assert sure("12345 Blaue Schrauben  4  9,00\n1200 ST Widgets\n2024 Wein", "location") == []


def test_a_country_is_a_sure_location_only_where_it_stands_alone():
    assert sure("Shipped to\nFrankreich\n", "location") == ["Frankreich"]
    assert found("Signed by Jordan Smith", "location") == ["Jordan"]
    assert sure("Signed by Jordan Smith", "location") == []


@pytest.mark.parametrize(
    "sum_",
    ["1.234,56 €", "€ 12.50", "USD 99.00", "US$ 1,200", "CHF 1'200.50", "£3.99", "12,00 EUR", "100 kr", "¥5000", "zł 7"],
)
def test_a_sum_has_a_currency_beside_it(sum_):
    assert found(f"Total {sum_} bar", "money") == [sum_]


def test_a_bare_number_is_no_sum():
    assert found("12,50 % of 100 pieces, order 4711, 1.234,56", "money") == []


@pytest.mark.parametrize(
    "day",
    ["2024-03-12", "12.03.2024", "12/03/24", "3. März 2024", "3rd March 2024", "March 3, 2024", "1er février 2024",
     "3 de marzo de 2024", "03-Mar-2024", "3 août 2024", "3. Dez. 2024"],
)  # fmt: skip
def test_a_day_is_found_however_it_is_written(day):
    assert found(f"Datum: {day} bezahlt", "date") == [day]


def test_what_cannot_be_a_day_is_none():
    assert found("Version 13.13.2024, call 1.2.3.4, 99/99/2024, 2024-13-01", "date") == []


@pytest.mark.parametrize(
    ("text", "kind", "datum"),
    [
        ("mail a.b+c@mail.example.co.uk!", "EMAIL", "a.b+c@mail.example.co.uk"),
        ("Tel.: 089 / 123456-78", "TELEPHONE_NUMBER", "089 / 123456-78"),
        ("call +44 20 7946 0958 now", "TELEPHONE_NUMBER", "+44 20 7946 0958"),
        ("Tél. 01 23 45 67 89", "TELEPHONE_NUMBER", "01 23 45 67 89"),
        ("(212) 555-0187", "TELEPHONE_NUMBER", "(212) 555-0187"),
        ("DE89370400440532013000 BIC COBADEFFXXX", "BANK_ACCOUNT_NUMBER", "DE89370400440532013000"),
        ("GB82 WEST 1234 5698 7654 32 SWIFT", "BANK_ACCOUNT_NUMBER", "GB82 WEST 1234 5698 7654 32"),
        ("IBAN: DE88 3704 0044 0532 0130 00", "BANK_ACCOUNT_NUMBER", "DE88 3704 0044 0532 0130 00"),
        ("USt-IdNr.: DE136695976", "SSN_OR_TAXPAYER", "DE136695976"),
        ("Steuernummer: 143/123/45678", "SSN_OR_TAXPAYER", "143/123/45678"),
        ("NIF: B12345678", "SSN_OR_TAXPAYER", "B12345678"),
        ("SIRET 732 829 320 00074", "SSN_OR_TAXPAYER", "732 829 320 00074"),
        ("SSN 078-05-1120", "SSN_OR_TAXPAYER", "078-05-1120"),
        ("card 4111-1111-1111-1111", "CREDIT_DEBIT_NUMBER", "4111-1111-1111-1111"),
        ("Ansprechpartner: Herr Max Mustermann", "PERSON", "Max Mustermann"),
        ("Contact: Ann Lee", "PERSON", "Ann Lee"),
        ("À l'attention de Mme Marie Curie", "PERSON", "Marie Curie"),
        ("Sra. Ana García", "PERSON", "Ana García"),
        ("Frau Dr. Tanja Tinder", "PERSON", "Tanja Tinder"),
    ],
)
def test_personal_data_is_found(text, kind, datum):
    assert (kind, datum) in {(d.engine_type, d.text) for d in personal_data(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Invoice 2024-000123 of 12.03.2024 over 1.234,56 EUR",
        "Order 4111111111111112",
        "GLN 4333741000005 and SSCC 340123450000000000",
        "Nordwind Logistics GmbH, 20457 Hamburg",
        "Total 12 345 678,90 and 3 pieces at 99.00",
        "Contact us if anything is unclear",
    ],
)
def test_what_is_no_personal_data_is_not_taken_for_it(text):
    assert list(personal_data(text)) == []


def test_phrases_are_words_that_stand_together():
    text = "Consulting for the data warehouse. The data warehouse is there. Travel expenses."
    assert [phrase.text for phrase in key_phrases(text, "en")][:2] == ["data warehouse", "Travel expenses"]
    assert [phrase.text for phrase in key_phrases("Vermietung von l'équipement et 12 Stück", "fr")][:1] != []
    assert key_phrases("and of the 12 - 34", "en") == []


def labelled(part):
    rows = [line.split("\t") for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    return [(language, mood, text) for of, language, mood, text in rows if of == part]


def test_the_published_quality_of_the_sentiment_is_what_held_out_sentences_give():
    held_out = labelled("held-out")
    assert not {text for *_, text in held_out} & {text for *_, text in labelled("learnt")}
    measured = sentiment.measured(held_out)
    published = LocalLanguage().sentiment_quality
    assert measured.sentences == published.sentences
    assert (round(measured.accuracy, 2), round(measured.macro_f1, 2)) == (published.accuracy, published.macro_f1)


def test_sentiment_does_better_than_the_commonest_mood_in_each_language():
    for language in ("en", "de", "fr", "es"):
        rows = [row for row in labelled("held-out") if row[0] == language]
        commonest = max(sum(mood == other for _, mood, _ in rows) for _, other, _ in rows) / len(rows)
        assert sentiment.measured(rows).accuracy > commonest


@pytest.mark.parametrize("text", ["Not bad at all.", "Nicht schlecht.", "Sin problemas."])
def test_a_negation_turns_a_word(text):
    assert sentiment.sentiment(text).mood == "positive"


@pytest.mark.parametrize(
    "part", ["A ", "a", "1 ", "1.", "Aa & ", "D-12345 A", "+1 ", "a@", "12 rue ", "\n", "A.B ", "DE89 ", "Mr. A "]
)
def test_hostile_texts_take_no_longer_than_others(part):
    began = time.perf_counter()
    text = Text("t", part * (30_000 // len(part)))
    engine = LocalLanguage()
    engine.entities([text])
    engine.masked([text])
    engine.key_phrases([text])
    engine.sentiments([text])
    assert time.perf_counter() - began < 20
