"""The language of a passage is named where it is plain, and unknown otherwise."""

import pytest

from assets.documents.logic.language import language

SENTENCES = {
    "en": [
        "The supplier may terminate with thirty days of notice.",
        "Call the service desk at once.",
        "Travel costs are paid after approval.",
        "Budget owners approve purchases below 5,000 EUR.",
    ],
    "de": [
        "Der Lieferant kann mit einer Frist von dreißig Tagen kündigen.",
        "Rufen Sie sofort den Service Desk an.",
        "Reisekosten werden nach Genehmigung erstattet.",
        "Der Zugang wird gesperrt.",
    ],
    "fr": [
        "Le fournisseur peut résilier le contrat avec un préavis de trente jours.",
        "Appelez immédiatement le service d'assistance.",
        "Les frais de voyage sont remboursés après accord.",
        "L'accès est bloqué.",
    ],
    "es": [
        "El proveedor puede rescindir el contrato con treinta días de aviso.",
        "Llame de inmediato al servicio de asistencia.",
        "Los gastos de viaje se pagan tras la aprobación.",
        "El acceso queda bloqueado.",
    ],
    "it": [
        "Il fornitore può recedere dal contratto con un preavviso di trenta giorni.",
        "Chiamate subito il servizio di assistenza.",
        "Le spese di viaggio sono rimborsate dopo l'approvazione.",
        "L'accesso viene bloccato.",
    ],
    "ja": ["仕入先は三十日前の通知により契約を解除できます。"],
}


@pytest.mark.parametrize(("code", "sentence"), [(code, s) for code, sentences in SENTENCES.items() for s in sentences])
def test_a_sentence_is_enough(code, sentence):
    assert language(sentence) == code


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "Laptop lost",
        "Portátil perdido",
        "Acme Kubernetes OCI AWS S3",
        "ORA-16664: 0x7f3a",
        "s3://acme-prod-data/2026/10",
        "| 10 | 20 | 30 |",
        "aGVsbG8gd29ybGQgYmFzZTY0",
        "SELECT id FROM t WHERE a=1;",
        "2026-10-01T00:00:00Z INFO x=1 y=2",
        "\ud800" * 9,
    ],
)
def test_what_is_too_short_or_no_language_is_unknown(text):
    assert language(text) is None
