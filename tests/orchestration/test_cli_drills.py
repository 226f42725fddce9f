"""Anybody can check the evidence of a drill, with the file alone."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assets.recovery.logic.drills.evidence import Evidence
from assets.recovery.logic.drills.order import Order
from assets.recovery.logic.drills.plans import plan
from assets.recovery.logic.drills.verdict import judge
from orchestration.cli import app

T = datetime(2026, 11, 16, 12, tzinfo=UTC)


def told(evidence: Evidence) -> dict:
    return {"drill_id": "d1", "seal": evidence.seal, "pieces": evidence.as_json()}


@pytest.fixture
def evidence() -> Evidence:
    order = Order("clone", "copy")
    begun = Evidence().with_piece(
        T, "run", "drill", "IN_PROGRESS", "begun", {"drill_id": "d1", "order": order.as_json(), "rto_seconds": 60}
    )
    refused = begun.with_piece(T, "run", "named", "FAILED", "it is protected", {"answer": "no"})
    verdict = judge(refused, plan(order.kind, order.way))
    return refused.with_piece(T, "run", "report", "SUCCEEDED", "verdict: fail", {"verdict": verdict.as_json()})


def verified(folder: Path, said: object, *options: str) -> tuple[int, str]:
    (folder / "evidence.json").write_text(json.dumps(said), encoding="utf-8")
    result = CliRunner().invoke(app, ["drill", "verify", str(folder), *options])
    return result.exit_code, result.output


def test_evidence_that_holds_together_gives_the_verdict_again(tmp_path, evidence):
    code, said = verified(tmp_path, told(evidence))

    assert code == 0
    assert "verdict fail" in said
    assert "prechecks: fail: named: it is protected" in said
    assert "give --seal" in said
    assert verified(tmp_path, told(evidence), "--seal", evidence.seal)[0] == 0


def test_evidence_that_was_touched_is_broken(tmp_path, evidence):
    whole = told(evidence)
    changed = json.loads(json.dumps(whole))
    changed["pieces"][1]["data"]["answer"] = "yes"
    cut_off = {**whole, "pieces": whole["pieces"][:-1]}
    anew = Evidence(evidence.pieces[:-1])
    passed = evidence.with_piece(T, "run", "report", "SUCCEEDED", "verdict: pass", {"verdict": {"total": "pass", "outcomes": []}})
    for said, why, options in (
        (changed, "was changed after it was sealed", ()),
        (cut_off, "cut off or added at its end", ()),
        (told(anew), "another than the one that was reported", ("--seal", evidence.seal)),
        ({**whole, "drill_id": "d2"}, "is of drill d1, not of d2", ()),
        (told(passed), "the drill told pass; by the rules of this version its evidence says fail", ()),
        ({**whole, "pieces": []}, "holds no pieces", ()),
    ):
        code, output = verified(tmp_path, said, *options)
        assert code == 1
        assert why in output


def test_what_is_no_evidence_is_told_apart_from_what_was_touched(tmp_path):
    assert verified(tmp_path, [])[0] == 2
    (tmp_path / "evidence.json").unlink()
    assert CliRunner().invoke(app, ["drill", "verify", str(tmp_path)]).exit_code == 2
