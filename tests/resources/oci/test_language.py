"""OCI Language through the product's client: limits, partial failures, and what leaves the machine."""

import pytest

from resources.errors import NotFound, Throttled
from resources.language.interface import Text
from resources.oci.language import OciLanguage


@pytest.fixture
def language(clients):
    return OciLanguage(clients=clients)


@pytest.fixture
def seen(sandbox, monkeypatch):
    """Texts of the records that reached the service, request by request."""
    import oci.ai_language.models as models

    requests = []
    made = models.BatchDetectLanguageEntitiesDetails

    def watched(**fields):
        requests.append([document.text for document in fields["documents"]])
        return made(**fields)

    monkeypatch.setattr(models, "BatchDetectLanguageEntitiesDetails", watched)
    return requests


def test_requests_hold_no_more_than_the_service_takes(language, seen):
    texts = [Text(str(n), f"Paid on 2024-01-01, note {n}.", "en") for n in range(250)]
    assert all(answer.found for answer in language.entities(texts))
    assert [len(request) for request in seen] == [100, 100, 50]
    seen.clear()
    line = "Ordinary words follow one another.\n"
    language.entities([Text("long", line * 1500, "en")])
    assert all(len(record) <= 5000 and record.endswith("\n") for request in seen for record in request)
    assert all(sum(map(len, request)) <= 20_000 for request in seen)
    assert "".join(record for request in seen for record in request) == line * 1500


def test_personal_data_does_not_leave_the_machine(language, seen):
    text = "Ask Frau Erika Muster, erika@muster.example, Tel. 040 123456-7, about the 9,00 € of 2024-05-01."
    (answer,) = language.entities([Text("p", text, "de")])
    ((sent,),) = seen
    assert not any(secret in sent for secret in ("Erika", "erika@", "muster.example", "123456"))
    assert len(sent) == len(text)
    assert {entity.text for entity in answer.found} == {"9,00 €", "2024-05-01"}
    (told,) = language.personal_data([Text("p", text, "de")])
    assert {"Erika Muster", "erika@muster.example", "040 123456-7"} <= {datum.text for datum in told.found}


def test_it_leaves_only_if_that_was_asked_for(clients, seen):
    OciLanguage(clients=clients, mask_first=False).entities([Text("p", "Ask erika@muster.example", "en")])
    assert seen == [["Ask erika@muster.example"]]


def test_a_record_that_fails_for_a_while_is_asked_for_again(sandbox, language):
    sandbox.fault("partial", operation="batch_detect_language_entities", times=2)
    answers = language.entities([Text(str(n), "Paid on 2024-01-01", "en") for n in range(3)])
    assert [answer.failures for answer in answers] == [(), (), ()]
    assert all(answer.found for answer in answers)


def test_a_record_that_keeps_failing_is_a_failure_of_its_text_alone(sandbox, language):
    sandbox.fault("partial", operation="batch_detect_language_entities")
    first, last = language.entities([Text("a", "Paid on 2024-01-01", "en"), Text("b", "Paid on 2024-01-02", "en")])
    assert (first.failures, len(first.found)) == ((), 1)
    assert last.found is None
    (failure,) = last.failures
    assert (failure.start, failure.end) == (0, 18)
    assert failure.reason.startswith("InternalServerError")


def test_of_a_long_text_a_part_may_fail_and_the_rest_is_told(sandbox, language):
    sandbox.fault("partial", operation="batch_detect_language_entities")
    line = "Paid on 2024-01-01 by transfer.\n"
    (answer,) = language.entities([Text("long", line * 300, "en")])
    (failure,) = answer.failures
    assert failure.end == len(line) * 300
    assert len(answer.found) == failure.start // len(line)


def test_a_text_that_is_not_wholly_understood_is_not_given_masked(sandbox, language):
    sandbox.fault("partial", operation="batch_detect_language_pii_entities")
    (answer,) = language.masked([Text("a", "Ask erika@muster.example", "en")])
    assert answer.found is None
    assert answer.failures


def test_a_call_that_fails_as_a_whole_is_an_error_of_its_kind(sandbox, clients):
    sandbox.fault("status", operation="batch_detect_language_sentiments", status=429)
    with pytest.raises(Throttled):
        OciLanguage(clients=clients).sentiments([Text("a", "Good.", "en")])
    with pytest.raises(NotFound, match="ai-service-language-family"):
        OciLanguage(clients=clients, compartment_id="ocid1.compartment.oc1..none").entities([Text("a", "Good.", "en")])
