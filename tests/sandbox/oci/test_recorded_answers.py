"""Answers that Oracle documents, and answers that were recorded from it, are understood as the sandbox understands its own."""

import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import oci
import pytest
import yaml

from sandbox.oci.errors import OciError
from sandbox.oci.specification import matched, services

pytestmark = pytest.mark.data
DOCUMENTED = {
    "oci_budget_facts": ("budget", "Budget"),
    "oci_budget_alert_rule_facts": ("budget", "AlertRule"),
    "oci_database_autonomous_database_facts": ("database", "AutonomousDatabase"),
    "oci_database_autonomous_database_backup_facts": ("database", "AutonomousDatabaseBackup"),
    "oci_identity_compartment_facts": ("identity", "Compartment"),
    "oci_monitoring_metric_actions": ("monitoring", "Metric"),
    "oci_monitoring_metric_data_actions": ("monitoring", "MetricData"),
    "oci_object_storage_object_facts": ("object_storage", "ObjectSummary"),
    "oci_ai_document_analyze_document_result_actions": ("ai_document", "AnalyzeDocumentResult"),
    "oci_ai_document_processor_job": ("ai_document", "ProcessorJob"),
    "oci_ai_language_batch_detect_dominant_language_actions": ("ai_language", "BatchDetectDominantLanguageResult"),
    "oci_ai_language_batch_detect_language_entities_actions": ("ai_language", "BatchDetectLanguageEntitiesResult"),
    "oci_ai_language_batch_detect_language_key_phrases_actions": ("ai_language", "BatchDetectLanguageKeyPhrasesResult"),
    "oci_ai_language_batch_detect_language_pii_entities_actions": ("ai_language", "BatchDetectLanguagePiiEntitiesResult"),
    "oci_ai_language_batch_detect_language_sentiments_actions": ("ai_language", "BatchDetectLanguageSentimentsResult"),
}
NOT_IN_THE_SDK = {"timeModified", "objectLevelAuditMode", "meterFlagSet", "approximateSizeMultipartUploads"}
"""What real answers have and the SDK's models do not."""
SERVICES = {"identity": "identity", "telemetry": "monitoring", "objectstorage": "object_storage", "database": "database"}


@pytest.fixture
def fixtures(data_folder) -> Path:
    return data_folder / "oci_fixtures"


def of_wire(service, kind, value):
    """A documented value with the names of the wire; lists, which the documentation shows by one element, made lists again."""
    if kind.startswith("list["):
        elements = value if isinstance(value, list) else [value]
        return [of_wire(service, kind[5:-1], element) for element in elements]
    model = services()[service].models.get(kind)
    if model is None or not isinstance(value, dict):
        return value
    if "discriminator" in model:
        kind = model["subtypes"].get(value.get(model["discriminator"]), kind)
        model = services()[service].models[kind]
    names = {re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", wire).lower(): wire for wire in model["fields"]}
    return {names[n]: of_wire(service, model["fields"][names[n]]["type"], v) for n, v in value.items() if n in names}


@pytest.mark.parametrize(("file", "known"), DOCUMENTED.items(), ids=DOCUMENTED)
def test_a_documented_answer_round_trips_through_the_sdk(fixtures, file, known):
    service, kind = known
    (documented,) = json.loads((fixtures / "documented-shapes" / f"{file}.json").read_text()).values()
    documented = documented[0] if isinstance(documented, list) else documented
    wire = of_wire(service, kind, documented)
    assert wire
    client = next(iter(_client(service)))
    models = __import__(f"oci.{service}.models", fromlist=["models"])
    read = client.base_client.deserialize_response_data(json.dumps(wire).encode(), kind)
    assert isinstance(read, getattr(models, kind))
    written = client.base_client.sanitize_for_serialization(read)
    assert set(written) == set(wire)


def test_recorded_answers_have_the_shape_that_the_sandbox_gives_its_own(fixtures):
    known = 0
    for service, method, uri, status, body in _recorded(fixtures / "recorded"):
        try:
            operation, _ = matched(service, method, urlsplit(uri).path)
        except OciError:
            continue
        known += 1
        assert {name for name, _ in parse_qsl(urlsplit(uri).query)} <= set(operation.query)
        if status >= 400:
            assert {"code", "message"} <= set(body)
        elif operation.response and isinstance(body, dict | list) and body:
            _known_fields(service, operation.response, body)
    assert known > 5


def _recorded(folder):
    """Service, method, address, status and JSON of each recorded exchange with a service of the sandbox."""
    for file in sorted(folder.rglob("*.yml")):
        for exchange in (yaml.safe_load(file.read_text()) or {}).get("interactions", []):
            uri = exchange["request"]["uri"]
            service = SERVICES.get((urlsplit(uri).hostname or "").split(".")[0])
            body = exchange["response"]["body"]
            body = body.get("data", body.get("string")) if isinstance(body, dict) else body
            body = json.loads(body) if isinstance(body, str) and body.lstrip()[:1] in ("{", "[") else body
            if service:
                yield service, exchange["request"]["method"], uri, exchange["response"]["status"]["code"], body


def _known_fields(service, kind, value):
    """Each field of the value is one of the model's: what is missing was left out of the recording."""
    if kind.startswith("list["):
        for element in value if isinstance(value, list) else [value]:
            _known_fields(service, kind[5:-1], element)
        return
    fields = services()[service].models[kind]["fields"]
    assert set(value) - set(fields) <= NOT_IN_THE_SDK, kind
    for name, rule in fields.items():
        if rule["type"] in services()[service].models and isinstance(value.get(name), dict):
            _known_fields(service, rule["type"], value[name])


def _client(service):
    from sandbox.oci.operations import OPERATIONS

    config = {"tenancy": "ocid1.tenancy.oc1..a", "user": "ocid1.user.oc1..a", "fingerprint": "aa", "region": "eu-frankfurt-1"}
    for name in OPERATIONS[service]:
        kind = getattr(__import__(f"oci.{service}", fromlist=[name]), name)
        yield kind(config, signer=oci.auth.signers.SecurityTokenSigner.__new__(oci.auth.signers.SecurityTokenSigner))
