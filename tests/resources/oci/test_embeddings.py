"""Embeddings by OCI Generative AI through the SDK, from the sandbox: whole or an error, whatever goes wrong."""

import numpy as np
import pytest

from resources.errors import BadInput, Conflict, Denied, NotFound, Throttled, Unavailable
from resources.oci.embeddings import MODELS, OciEmbedder
from sandbox.oci.services import generative_ai_inference as service

LIGHT = "cohere.embed-english-light-v3.0"
MANY = [f"policy number {n}" for n in range(200)]


@pytest.fixture
def embedder(clients) -> OciEmbedder:
    return OciEmbedder(clients=clients, model_name=LIGHT)


def test_more_texts_than_a_call_takes_are_sent_in_several_and_none_twice(sandbox, embedder):
    sandbox.count_requests("embed_text")
    found = embedder.embed([*MANY, *MANY])
    assert sandbox.requests("embed_text") == 3
    assert np.array_equal(found[:200], found[200:])
    assert len(np.unique(found[:200], axis=0)) == 200


def test_questions_and_documents_are_told_apart_and_nothing_may_be_cut(monkeypatch, embedder):
    asked: list[tuple[str, str]] = []
    before = service._model
    monkeypatch.setattr(service, "_model", lambda body: asked.append((body["inputType"], body["truncate"])) or before(body))
    embedder.embed(["a document"])
    embedder.embed_query("a question")
    assert asked == [("SEARCH_DOCUMENT", "NONE"), ("SEARCH_QUERY", "NONE")]


def test_a_throttled_or_failed_call_is_made_again(sandbox, embedder):
    expected = embedder.embed(MANY)
    sandbox.fault("status", status=429, times=2)
    sandbox.fault("status", status=503, times=1)
    assert np.array_equal(embedder.embed(MANY), expected)


def test_if_one_of_several_calls_fails_there_are_no_vectors(sandbox, clients_of):
    embedder = OciEmbedder(clients=clients_of(max_attempts=2), model_name=LIGHT)
    sandbox.fault("status", status=429, after=1)
    with pytest.raises(Throttled, match="fewer calls"):
        embedder.embed(MANY)


@pytest.mark.parametrize(
    ("name", "changed", "error"),
    [
        ("_model", lambda *_: ("cohere.embed-v9.0", service.MODELS[LIGHT]), Conflict),
        ("_inputs", lambda body: body["inputs"][:-1], Unavailable),
        ("_dimensions", lambda *_: 8, Unavailable),
        ("vector", lambda *_: np.zeros(384, np.float32), Unavailable),
    ],
    ids=["another model", "a vector too few", "other dimensions", "no direction"],
)
def test_an_answer_that_is_not_what_was_asked_for_is_an_error(monkeypatch, embedder, name, changed, error):
    monkeypatch.setattr(service, name, changed)
    with pytest.raises(error):
        embedder.embed(["one", "two"])


def test_what_only_the_service_finds_too_long_is_an_error(monkeypatch, embedder):
    monkeypatch.setattr(service, "MODELS", {LIGHT: service.Model(384, most_tokens=2)})
    with pytest.raises(BadInput, match="3 tokens"):
        embedder.embed(["three short words"])


def test_a_text_without_words_is_refused_before_it_is_sent(sandbox, embedder):
    sandbox.count_requests("embed_text")
    with pytest.raises(BadInput, match="no words"):
        embedder.embed(["words", " \n"])
    assert sandbox.requests("embed_text") == 0


def test_a_missing_policy_is_an_error_that_names_it(sandbox, embedder):
    sandbox.fault("denied", service="generative_ai_inference")
    with pytest.raises((NotFound, Denied), match="generative-ai-text-embedding"):
        embedder.embed(["text"])


def test_dimensions_are_asked_for_where_the_model_leaves_a_choice(clients):
    small = OciEmbedder(clients=clients, model_name="cohere.embed-v4.0", dimensions=256)
    assert small.embed(["text"]).shape == (1, 256)
    assert small.model().digest != OciEmbedder(clients=clients, model_name="cohere.embed-v4.0").model().digest
    with pytest.raises(BadInput, match="0 is usual"):
        OciEmbedder(clients=clients, model_name=LIGHT, dimensions=256).model()
    with pytest.raises(BadInput, match="Use one of cohere"):
        OciEmbedder(clients=clients, model_name="cohere.embed-v9.0").model()


def test_every_known_model_answers_as_it_is_known(clients):
    for name, known in MODELS.items():
        assert OciEmbedder(clients=clients, model_name=name).embed(["text"]).shape == (1, known.dimensions)


def test_the_estimate_of_tokens_is_above_what_tokenizers_count():
    from resources.embedding_models.local import local_model

    estimate = OciEmbedder(clients={}).token_offsets
    tokenizer = local_model("", "").tokenizer
    for text in (
        "The supplier shall notify the customer in writing at least thirty (30) days before termination takes effect.",
        "Restart the pods: kubectl rollout restart deployment/api -n production; then check p95 latency < 250 ms.",
        "ocid1.autonomousdatabase.oc1.eu-frankfurt-1.antheljtq7x2l3aa4bjv2u6lk5f7h3m2",
        "契約は三か月前に通知すれば終了できる。",
        "Договор прекращается через девяносто дней после уведомления.",
        "done 🚀👩‍👩‍👧 ✅",
    ):
        assert len(estimate(text)) >= len(tokenizer.encode(text, add_special_tokens=False).ids)
