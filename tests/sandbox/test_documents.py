"""The demo's documents: the same bytes every time, readable as what they claim to be, and asked about by golden questions."""

import email
import fnmatch
import json
import warnings
from collections import Counter
from datetime import date
from email import policy
from pathlib import Path

import pytest
import yaml

from sandbox.documents import documents

UNUSABLE = {
    "it-operations/notes-to-be-written.txt",
    "it-operations/capacity-report-q3-partial.pdf",
    "legal/settlement-2025-protected.pdf",
    "procurement/price-list-oversized.docx",
}
SCAN = "legal/scanned-power-of-attorney.pdf"
DEPARTMENTS = {"Legal", "HR", "Finance", "IT Operations", "Security", "Procurement"}


@pytest.fixture(scope="module")
def folder(scenario) -> Path:
    return scenario.folder / "documents"


def keys(folder: Path, pattern: str = "*") -> list[str]:
    found = (path.relative_to(folder).as_posix() for path in folder.rglob(pattern) if path.is_file())
    return sorted(key for key in found if not key.endswith(".meta.json"))


def golden(scenario) -> list[dict]:
    lines = (scenario.folder / "inputs/documents/golden_queries.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def pdf_text(path: Path, password: str | None = None) -> str:
    import pypdfium2

    with pypdfium2.PdfDocument(path, password=password) as pdf:
        return "".join(page.get_textpage().get_text_range() for page in pdf)


def test_documents_are_the_same_bytes_every_time():
    assert documents() == documents()


def test_there_are_documents_of_every_format_and_department(folder):
    usable = [key for key in keys(folder) if key not in UNUSABLE]

    assert Counter(key.rpartition(".")[2] for key in usable) == {"md": 29, "txt": 7, "html": 6, "docx": 5, "pdf": 7, "eml": 6}
    assert min(Counter(key.split("/")[0] for key in usable).values()) >= 9
    assert set(keys(folder)) >= UNUSABLE


def test_no_paragraph_is_written_twice(folder):
    said = Counter(
        paragraph
        for key in [*keys(folder, "*.md"), *keys(folder, "*.txt")]
        for paragraph in (folder / key).read_text(encoding="utf-8").split("\n\n")
        if len(paragraph) > 60
    )

    assert len(said) > 100
    assert set(said.values()) == {1}


def test_every_golden_question_is_answered_by_documents_that_can_be_read(scenario, folder):
    questions = golden(scenario)
    readable = set(keys(folder)) - UNUSABLE

    assert len(questions) >= 40
    assert len({question["question"] for question in questions}) == len(questions)
    for question in questions:
        assert set(question["relevant"]) <= readable
        assert set(question["relevant"].values()) <= {1, 2}
        assert question.get("department", "Legal") in DEPARTMENTS
    assert {key for question in questions for key in question["relevant"]} == readable
    assert sum("department" in question for question in questions) >= 5
    assert sum("created_from" in question for question in questions) >= 3


def test_path_rules_know_the_department_of_every_document(scenario, folder):
    rules = yaml.safe_load((scenario.folder / "inputs/documents/path_rules.yaml").read_text())

    assert {rule["department"] for rule in rules if "department" in rule} == DEPARTMENTS
    for key in keys(folder):
        assert sum("department" in rule and fnmatch.fnmatchcase(key, rule["match"]) for rule in rules) == 1


def test_markdown_begins_with_what_is_known_about_it(folder):
    for key in keys(folder, "*.md"):
        matter = yaml.safe_load((folder / key).read_text(encoding="utf-8").split("---\n")[1])
        assert matter["department"] in DEPARTMENTS
        assert isinstance(matter["date"], date)
        assert matter["title"]


def test_sidecars_belong_to_documents(folder):
    sidecars = sorted(folder.rglob("*.meta.json"))

    assert len(sidecars) == 5
    for sidecar in sidecars:
        assert sidecar.with_name(sidecar.name.removesuffix(".meta.json")).exists()
        assert json.loads(sidecar.read_text())["department"] in DEPARTMENTS


def test_word_files_open_with_their_title_headings_and_date(folder):
    import docx

    file = docx.Document(str(folder / "finance/month-end-close.docx"))

    assert file.core_properties.title == "Closing the books each month"
    assert file.core_properties.created.date() == date(2025, 12, 8)
    assert [p.text for p in file.paragraphs if p.style.name == "Heading 1"] == ["Calendar", "Reconciliations", "Late items"]


def test_pdf_files_hold_their_text_except_the_scan(folder):
    assert "four working days" in " ".join(pdf_text(folder / "finance/corporate-cards.pdf").split())
    assert pdf_text(folder / SCAN) == ""


def test_the_protected_pdf_opens_with_its_password_only(folder):
    import pypdfium2

    path = folder / "legal/settlement-2025-protected.pdf"
    with pytest.raises(pypdfium2.PdfiumError, match="password"):
        pdf_text(path)
    assert "40,000 euros" in pdf_text(path, "only for counsel")


def test_the_partial_pdf_does_not_open_and_the_oversized_file_is_small_until_it_is_unpacked(folder):
    import zipfile

    import pypdfium2

    with warnings.catch_warnings(), pytest.raises(pypdfium2.PdfiumError):
        pdf_text(folder / "it-operations/capacity-report-q3-partial.pdf")
    oversized = folder / "procurement/price-list-oversized.docx"
    unpacked = sum(entry.file_size for entry in zipfile.ZipFile(oversized).infolist())
    assert unpacked > 500 * oversized.stat().st_size
    assert (folder / "it-operations/notes-to-be-written.txt").stat().st_size == 0


def test_mails_have_a_sender_a_day_and_a_subject(folder):
    for key in keys(folder, "*.eml"):
        message = email.message_from_bytes((folder / key).read_bytes(), policy=policy.default)
        assert message["From"].addresses[0].domain == "acme.example"
        assert message["Date"].datetime.year in {2025, 2026}
        assert message["Subject"]
        assert len(message.get_content()) > 300
