"""What the Language service finds in texts, and its limits."""

import oci
import pytest

from tests.sandbox.oci.conftest import refused

MODELS = oci.ai_language.models


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.ai_language.AIServiceLanguageClient, "ai_language")


def texts(*of, **more):
    return [MODELS.TextDocument(key=str(n), text=text, **more) for n, text in enumerate(of)]


def languages(client, *of, **more):
    documents = [MODELS.DominantLanguageDocument(key=str(n), text=text) for n, text in enumerate(of)]
    details = MODELS.BatchDetectDominantLanguageDetails(documents=documents, **more)
    return client.batch_detect_dominant_language(details).data


def entities(client, text):
    details = MODELS.BatchDetectLanguageEntitiesDetails(documents=texts(text))
    return client.batch_detect_language_entities(details).data.documents[0]


def pii(client, text, **masking):
    details = MODELS.BatchDetectLanguagePiiEntitiesDetails(documents=texts(text), masking=masking or None)
    return client.batch_detect_language_pii_entities(details).data.documents[0]


def sentiment(client, text, *levels):
    details = MODELS.BatchDetectLanguageSentimentsDetails(documents=texts(text))
    return client.batch_detect_language_sentiments(details, **({"level": list(levels)} if levels else {})).data.documents[0]


@pytest.mark.parametrize(
    ("text", "code", "name"),
    [
        ("The invoice is due on the first of the month.", "en", "English"),
        ("Die Rechnung ist bis zum Ersten des Monats zu zahlen.", "de", "German"),
        ("La facture est à payer avant le premier du mois.", "fr", "French"),
        ("La factura se paga antes del primero de este mes.", "es", "Spanish"),
    ],
)
def test_languages_are_told_by_their_common_words(client, text, code, name):
    (document,) = languages(client, text).documents
    best = document.languages[0]
    assert (best.code, best.name) == (code, name)
    assert best.score > 0.5
    assert [x.score for x in document.languages] == sorted((x.score for x in document.languages), reverse=True)


def test_only_the_characters_to_consider_tell_the_language(client):
    text = "The invoice is due. " + "Die Rechnung ist zu zahlen und nicht zu ändern. " * 3
    assert languages(client, text).documents[0].languages[0].code == "de"
    assert languages(client, text, chars_to_consider=19).documents[0].languages[0].code == "en"
    assert languages(client, text, chars_to_consider=0).documents[0].languages[0].code == "de"


def test_sums_dates_organisations_and_addresses_are_found_where_they_stand(client):
    text = "Größe: Nordwind Logistics GmbH billed 1.234,50 € on 2026-03-01; write to billing@nordwind.example or +49 30 1234567."
    found = entities(client, text)
    kinds = {e.text: (e.type, e.sub_type) for e in found.entities}
    assert kinds == {
        "Nordwind Logistics GmbH": ("ORGANIZATION", None),
        "1.234,50 €": ("QUANTITY", "CURRENCY"),
        "2026-03-01": ("DATETIME", "DATE"),
        "billing@nordwind.example": ("EMAIL", None),
        "+49 30 1234567": ("PHONE_NUMBER", None),
    }
    assert all(text[e.offset : e.offset + e.length] == e.text for e in found.entities)
    assert all(0.9 < e.score < 1 for e in found.entities)


@pytest.mark.parametrize("text", ["$1,200.00", "EUR 99", "12 USD", "€ 3.50"])
def test_sums_are_found_in_many_spellings(client, text):
    assert [e.sub_type for e in entities(client, f"We paid {text} today").entities] == ["CURRENCY"]


@pytest.mark.parametrize("text", ["March 3, 2026", "3. März 2026", "3 de marzo de 2026", "03.03.2026", "3 mars 2026"])
def test_dates_are_found_in_many_spellings(client, text):
    assert [e.text for e in entities(client, f"due {text} at last").entities] == [text]


def test_phrases_that_come_often_are_the_most_important(client):
    text = "Storage costs are the largest. The storage costs of the archive are high; compute is cheap. Storage costs again."
    details = MODELS.BatchDetectLanguageKeyPhrasesDetails(documents=texts(text))
    (document,) = client.batch_detect_language_key_phrases(details).data.documents
    assert document.key_phrases[0].text.lower() == "storage costs"
    scores = [p.score for p in document.key_phrases]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert document.language_code == "en"


def test_a_language_that_is_said_is_kept_and_auto_is_detected(client):
    for said, found in (("de", "de"), ("auto", "en"), (None, "en")):
        details = MODELS.BatchDetectLanguageKeyPhrasesDetails(documents=texts("The bill is in the archive.", language_code=said))
        assert client.batch_detect_language_key_phrases(details).data.documents[0].language_code == found


PERSONAL = "Dr. Anna Schmidt (anna@acme.example, +49 30 1234567) paid from DE89 3704 0044 0532 0130 00 at 10.0.0.7."


def test_personal_data_is_found_where_it_stands(client):
    found = pii(client, PERSONAL)
    assert {e.text: e.type for e in found.entities} == {
        "Anna Schmidt": "PERSON",
        "anna@acme.example": "EMAIL",
        "+49 30 1234567": "TELEPHONE_NUMBER",
        "DE89 3704 0044 0532 0130 00": "BANK_ACCOUNT_NUMBER",
        "10.0.0.7": "IP_ADDRESS",
    }
    assert all(PERSONAL[e.offset : e.offset + e.length] == e.text for e in found.entities)
    assert found.masked_text == PERSONAL


def test_personal_data_is_masked_as_asked_for(client):
    mask = MODELS.PiiEntityMask(masking_character="#", leave_characters_unmasked=3, is_unmasked_from_end=True)
    found = pii(client, "Mr Smith, a@b.example", PERSON=MODELS.PiiEntityRemove(), ALL=mask)
    assert found.masked_text == "Mr , ########ple"
    assert pii(client, "to a@b.example", ALL=MODELS.PiiEntityReplace()).masked_text == "to <EMAIL>"
    assert pii(client, "to a@b.example", ALL=MODELS.PiiEntityReplace(replace_with="-")).masked_text == "to -"
    begin = MODELS.PiiEntityMask(leave_characters_unmasked=2)
    assert pii(client, "to a@b.example", EMAIL=begin).masked_text == "to a@*********"
    relexed = pii(client, "to ab1@b.example", ALL=MODELS.PiiEntityRelexify())
    (entity,) = relexed.entities
    assert relexed.masked_text == f"to {entity.relexify_text}"
    assert (len(entity.relexify_text), "@" in entity.relexify_text) == (len("ab1@b.example"), True)
    assert "ab1" not in relexed.masked_text


def test_what_a_masking_spares_is_not_masked_and_listed_only_if_asked_for(client):
    text = "from a@b.example to c@d.example"
    spared = pii(client, text, EMAIL=MODELS.PiiEntityReplace(exclude=["a@b.example"]))
    assert spared.masked_text == "from a@b.example to <EMAIL>"
    assert [e.text for e in spared.entities] == ["c@d.example"]
    listed = pii(client, text, EMAIL=MODELS.PiiEntityReplace(exclude=["5"], should_detect=True))
    assert [e.text for e in listed.entities] == ["a@b.example", "c@d.example"]


def test_a_masking_of_an_unknown_type_is_refused(client):
    details = MODELS.BatchDetectLanguagePiiEntitiesDetails(documents=texts("x"), masking={"SHOE_SIZE": MODELS.PiiEntityRemove()})
    assert refused(client.batch_detect_language_pii_entities, details) == (400, "InvalidParameter")


def test_aspects_alone_are_judged_unless_sentences_are_asked_for(client):
    found = sentiment(client, "The service is great, but the delivery was terrible.")
    assert {a.text: a.sentiment for a in found.aspects} == {"service": "Positive", "delivery": "Negative"}
    assert (found.document_sentiment, found.document_scores, found.sentences) == ("", {}, [])


def test_sentences_and_the_whole_are_judged_when_that_is_asked_for(client):
    text = "The service is great. The delivery was not good! It weighs two kilograms."
    found = sentiment(client, text, "SENTENCE")
    assert [s.sentiment for s in found.sentences] == ["Positive", "Negative", "Neutral"]
    assert all(text[s.offset : s.offset + s.length] == s.text for s in found.sentences)
    assert found.document_sentiment == "Mixed"
    assert set(found.document_scores) == {"Positive", "Negative", "Neutral", "Mixed"}
    assert sum(found.document_scores.values()) == pytest.approx(1)
    assert found.aspects == []
    both = sentiment(client, text, "ASPECT", "SENTENCE")
    assert len(both.sentences) == 3
    assert len(both.aspects) == 2


def every_operation(client, documents, **more):
    plain = [{"key": d.key, "text": d.text} for d in documents]
    return {
        "dominant_language": lambda: client.batch_detect_dominant_language({"documents": plain, **more}),
        "entities": lambda: client.batch_detect_language_entities({"documents": plain, **more}),
        "key_phrases": lambda: client.batch_detect_language_key_phrases({"documents": plain, **more}),
        "pii_entities": lambda: client.batch_detect_language_pii_entities({"documents": plain, **more}),
        "sentiments": lambda: client.batch_detect_language_sentiments({"documents": plain, **more}),
    }


OPERATIONS = ("dominant_language", "entities", "key_phrases", "pii_entities", "sentiments")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_record_that_is_empty_or_too_long_fails_alone(client, operation):
    found = every_operation(client, texts("The first.", "", "x" * 5001, "The last."))[operation]().data
    assert [d.key for d in found.documents] == ["0", "3"]
    assert [e.key for e in found.errors] == ["1", "2"]
    assert {e.error.code for e in found.errors} == {"InvalidParameter"}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_batch_has_limits(client, operation):
    for wrong in ([], ["x"] * 101, ["x" * 5000] * 5):
        assert refused(every_operation(client, texts(*wrong))[operation]) == (400, "InvalidParameter")
    assert len(every_operation(client, texts(*["x" * 200] * 100))[operation]().data.documents) == 100


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_part_fails_in_an_answer_that_succeeds(sandbox, client, operation):
    sandbox.fault("partial", service="ai_language")
    found = every_operation(client, texts("The first.", "The last."))[operation]().data
    assert [d.key for d in found.documents] == ["0"]
    assert [(e.key, e.error.code) for e in found.errors] == [("1", "InternalServerError")]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_models_and_compartments_that_are_not_there_are_not_found(client, operation):
    missing = (404, "NotAuthorizedOrNotFound")
    assert refused(every_operation(client, texts("x"), endpointId="ocid1.ailanguageendpoint.oc1..none")[operation]) == missing
    assert refused(every_operation(client, texts("x"), compartmentId="ocid1.compartment.oc1..none")[operation]) == missing


def test_places_are_found_as_locations(client):
    found = entities(client, "Nordwind Logistics GmbH, 20457 Hamburg, Germany")
    kinds = {e.text: (e.type, e.sub_type) for e in found.entities}
    assert kinds["20457 Hamburg"] == ("LOCATION", "GPE")
    assert kinds["Germany"] == ("LOCATION", "GPE")
