"""The benchmark of searches under filters, on few passages."""

from pathlib import Path

import pytest

from benchmarks import vectors

FILTERS = ("100", "10", "1", "0.1", "0.01")


def test_it_measures_every_filter_on_what_it_built(tmp_path: Path) -> None:
    vectors.build(str(tmp_path), 3000)
    metrics = vectors.measured(str(tmp_path), 3000, questions=3, repeats=1)
    targets = vectors.targets(metrics)
    for name in FILTERS:
        assert metrics[f"{name}%"]["recall10"] == metrics[f"recall10_{name}"] == 1
        assert metrics[f"always_k_{name}"] is True
        assert metrics[f"latency_ratio_vs_exact_{name}"] > 0
        assert metrics[f"plan_{name}"] in ("exact scan", "pre-filter")
        assert str(targets[f"latency_ratio_vs_exact_{name}"]) == ("≤ 0.2" if name == "100" else "≤ 0.6")
    assert metrics["always_k_far_50"] is True


def test_filters_pass_the_share_that_they_are_named_for() -> None:
    passages = vectors.Passages.generated(20_000)
    for name, case in vectors.CASES.items():
        share = float(name.removeprefix("far ").rstrip("%")) / 100
        assert case(vectors.question(1), passages).passes.mean() == pytest.approx(share, rel=0.5, abs=2e-4)


def test_a_wrong_answer_is_seen(tmp_path: Path) -> None:
    vectors.build(str(tmp_path), 2000)
    shuffled = vectors.Passages.generated(2000)
    shuffled.vectors[:] = shuffled.vectors[::-1].copy()
    kb = vectors.EmbeddedKnowledgeBase(root=str(tmp_path))
    assert vectors.ask(kb, shuffled, vectors.CASES["100%"], 3, 1)["recall10"] < 0.5
