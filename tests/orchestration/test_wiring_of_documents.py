"""Where documents lie, what embeds them and what finds them, as the environment says."""

import pytest

from orchestration.settings import current_settings, use_documents
from orchestration.wiring import resources_for
from resources.aws.s3 import S3ObjectStore
from resources.errors import BadInput
from resources.knowledge_base.embedded import EmbeddedKnowledgeBase
from resources.object_store import LocalObjectStore, NotConfigured
from resources.oci.object_storage import OciObjectStore
from resources.oracle_db.knowledge_base import OracleKnowledgeBase


def wired(monkeypatch, **variables):
    for name, value in variables.items():
        monkeypatch.setenv(f"CLOUDOPS_{name}", value)
    return resources_for(current_settings())


def test_an_embedded_deployment_reads_the_demo_and_keeps_its_passages_in_a_folder(monkeypatch, tmp_path):
    (tmp_path / "scenario" / "documents").mkdir(parents=True)
    wiring = wired(monkeypatch, HOME=str(tmp_path))

    assert wiring["documents_store"] == LocalObjectStore(root=str(tmp_path / "scenario" / "documents"), read_only=True)
    assert wiring["knowledge_base"] == EmbeddedKnowledgeBase(root=str(tmp_path / "knowledge_base"))
    assert wiring["embedding_models"].default == "int8:"


def test_a_production_deployment_without_documents_says_what_to_set(monkeypatch):
    store = wired(monkeypatch, DEPLOYMENT="production")["documents_store"]

    assert isinstance(store, NotConfigured)
    for use in (lambda: list(store.list_objects()), lambda: store.get("a"), lambda: store.put("a", b"")):
        with pytest.raises(BadInput, match="CLOUDOPS_DOCUMENTS"):
            use()


def test_documents_may_lie_in_a_bucket_of_either_cloud(monkeypatch):
    amazon = wired(monkeypatch, DOCUMENTS="s3://acme-documents/policies/")["documents_store"]
    oracle = wired(monkeypatch, DOCUMENTS="oci://acme-documents/policies")["documents_store"]

    assert isinstance(amazon, S3ObjectStore)
    assert isinstance(oracle, OciObjectStore)
    assert (amazon.bucket, amazon.prefix) == (oracle.bucket, oracle.prefix) == ("acme-documents", "policies")


def test_another_kind_of_place_is_refused_with_those_that_there_are(monkeypatch):
    with pytest.raises(ValueError, match="expected a folder, s3://bucket/prefix or oci://bucket/prefix"):
        wired(monkeypatch, DOCUMENTS="ftp://acme/documents")


def test_passages_may_lie_in_an_oracle_database_whose_password_is_not_shown(monkeypatch):
    monkeypatch.setenv("CLOUDOPS_ORACLE_PASSWORD", "hunter2")

    base = wired(monkeypatch, KNOWLEDGE_BASE="oracle")["knowledge_base"]

    assert isinstance(base, OracleKnowledgeBase)
    assert "hunter2" not in repr(base)


@pytest.mark.parametrize("source", ["", "int4:", "all-MiniLM-L6-v2", "oci:", "int8"])
def test_a_model_that_there_is_not_is_refused_with_those_that_there_are(monkeypatch, source):
    with pytest.raises(BadInput, match="int8:WEIGHTS"):
        wired(monkeypatch)["embedding_models"].load(source)


def test_a_model_of_oci_needs_a_tenancy(monkeypatch):
    with pytest.raises(BadInput, match="CLOUDOPS_OCI_COMPARTMENT"):
        wired(monkeypatch)["embedding_models"].load("oci:cohere.embed-english-v3.0")


def test_each_place_of_documents_has_a_state_of_its_own(monkeypatch, tmp_path):
    for name in ("HOME", "BILLING_ROOT", "INPUTS_ROOT", "DEPLOYMENT", "DOCUMENTS"):
        monkeypatch.setenv(f"CLOUDOPS_{name}", "")  # so that what is set below is taken back
    for name in ("DAGSTER_HOME", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    homes = set()
    for place in (str(tmp_path / "a"), str(tmp_path / "b"), "s3://bucket/../../etc", "oci://bucket/a"):
        use_documents(place, tmp_path / "state")
        settings = current_settings()
        homes.add(settings.home)
        assert settings.home.parent == tmp_path / "state"
        assert settings.documents.location == place

    assert len(homes) == 4
