"""Embeddings: which texts are near one another, and what the service refuses."""

import base64

import numpy as np
import oci
import pytest

from tests.sandbox.oci.conftest import refused

MODELS = oci.generative_ai_inference.models
ENGLISH, LIGHT = "cohere.embed-english-v3.0", "cohere.embed-english-light-v3.0"


@pytest.fixture
def client(sandbox):
    return sandbox.client(oci.generative_ai_inference.GenerativeAiInferenceClient, "generative_ai_inference")


def details(sandbox, inputs, model=ENGLISH, **more):
    mode = MODELS.OnDemandServingMode(model_id=model)
    usual = {"compartment_id": sandbox.tenancy, "serving_mode": mode, "inputs": inputs, "input_type": "SEARCH_DOCUMENT"}
    return MODELS.EmbedTextDetails(**{**usual, **more})


def vectors(sandbox, client, inputs, **more):
    return np.array(client.embed_text(details(sandbox, inputs, **more)).data.embeddings)


@pytest.mark.parametrize(("model", "dimensions"), [(ENGLISH, 1024), (LIGHT, 384), ("cohere.embed-v4.0", 1536)])
def test_vectors_have_length_one_and_the_dimensions_of_the_model(sandbox, client, model, dimensions):
    found = vectors(sandbox, client, ["a bill", "another bill of the same month"], model=model)
    assert found.shape == (2, dimensions)
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)


def test_equal_texts_have_equal_vectors_in_each_call(sandbox, client):
    once = vectors(sandbox, client, ["The database is slow.", "x"])
    again = vectors(sandbox, client, ["y", "The database is slow."], input_type="SEARCH_QUERY")
    assert np.array_equal(once[0], again[1])


def test_texts_that_share_words_are_nearer_than_others(sandbox, client):
    asked, near, far = vectors(
        sandbox, client, ["tablespace is full", "The tablespace USERS is nearly full", "network latency between regions"]
    )
    assert asked @ near > 0.4
    assert asked @ near > asked @ far + 0.3


def test_at_most_96_texts_are_embedded_at_once(sandbox, client):
    assert len(vectors(sandbox, client, ["text"] * 96)) == 96
    assert refused(client.embed_text, details(sandbox, ["text"] * 97)) == (400, "InvalidParameter")
    assert refused(client.embed_text, details(sandbox, [])) == (400, "InvalidParameter")
    assert refused(client.embed_text, details(sandbox, ["text", " "])) == (400, "InvalidParameter")


def test_a_text_that_is_too_long_is_refused_or_cut_where_that_is_asked_for(sandbox, client):
    long = " ".join(f"w{n}" for n in range(513))
    assert refused(client.embed_text, details(sandbox, [long])) == (400, "InvalidParameter")
    assert refused(client.embed_text, details(sandbox, [long], truncate="NONE")) == (400, "InvalidParameter")
    start = vectors(sandbox, client, [long, " ".join(f"w{n}" for n in range(1, 513))], truncate="START")
    end = vectors(sandbox, client, [long, " ".join(f"w{n}" for n in range(512))], truncate="END")
    assert np.array_equal(start[0], start[1])
    assert np.array_equal(end[0], end[1])


def test_tokens_are_counted_and_inputs_are_echoed_where_that_is_asked_for(sandbox, client):
    found = client.embed_text(details(sandbox, ["two words", "three more words"], is_echo=True)).data
    assert (found.usage.prompt_tokens, found.usage.completion_tokens, found.usage.total_tokens) == (5, 0, 5)
    assert found.inputs == ["two words", "three more words"]
    assert (found.model_id, found.model_version) == (ENGLISH, "3.0")
    assert client.embed_text(details(sandbox, ["two words"])).data.inputs is None


def test_vectors_come_in_the_types_that_are_asked_for(sandbox, client):
    kinds = ["float", "int8", "uint8", "binary", "ubinary", "base64"]
    found = client.embed_text(details(sandbox, ["a bill"], model=LIGHT, embedding_types=kinds)).data
    by_type = found.embeddings_by_type
    assert sorted(by_type) == sorted(kinds)
    floats = np.array(found.embeddings[0], dtype=np.float32)
    assert np.array_equal(np.frombuffer(base64.b64decode(by_type["base64"][0]), dtype="<f4"), floats)
    assert np.abs(np.array(by_type["int8"][0]) / 127 - floats).max() < 0.01
    assert len(by_type["ubinary"][0]) == len(by_type["binary"][0]) == 48
    only = client.embed_text(details(sandbox, ["a bill"], embedding_types=["int8"])).data
    assert only.embeddings == []


def test_dimensions_are_chosen_for_newer_models_alone(sandbox, client):
    assert vectors(sandbox, client, ["x"], model="cohere.embed-v4.0", output_dimensions=256).shape == (1, 256)
    for model, dimensions in ((ENGLISH, 256), ("cohere.embed-v4.0", 300)):
        wrong = details(sandbox, ["x"], model=model, output_dimensions=dimensions)
        assert refused(client.embed_text, wrong) == (400, "InvalidParameter")


def test_models_endpoints_and_compartments_that_are_not_there_are_not_found(sandbox, client):
    missing = (404, "NotAuthorizedOrNotFound")
    assert refused(client.embed_text, details(sandbox, ["x"], model="cohere.embed-none")) == missing
    dedicated = MODELS.DedicatedServingMode(endpoint_id="ocid1.generativeaiendpoint.oc1..none")
    assert refused(client.embed_text, details(sandbox, ["x"], serving_mode=dedicated)) == missing
    assert refused(client.embed_text, details(sandbox, ["x"], compartment_id="ocid1.compartment.oc1..none")) == missing


def test_images_are_not_embedded(sandbox, client):
    assert refused(client.embed_text, details(sandbox, ["aGk="], input_type="IMAGE")) == (501, "NotImplemented")


def test_a_request_that_is_repeated_with_its_token_has_the_same_answer(sandbox, client):
    first = client.embed_text(details(sandbox, ["x"]), opc_retry_token="once").data.id
    assert client.embed_text(details(sandbox, ["x"]), opc_retry_token="once").data.id == first
    assert client.embed_text(details(sandbox, ["x"])).data.id != first
    assert refused(client.embed_text, details(sandbox, ["y"]), opc_retry_token="once") == (409, "InvalidatedRetryToken")
