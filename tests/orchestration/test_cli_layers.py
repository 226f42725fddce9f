"""The commands of layers."""

from pathlib import Path

from typer.testing import CliRunner

from benchmarks.layer_tricks import zipped
from orchestration.cli import app


def test_scan_ends_with_1_if_anything_is_high(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(zipped({"python/a.py": "x = 1"}))
    bad.write_bytes(zipped({"python/sitecustomize.py": "x = 1"}))
    fine = CliRunner().invoke(app, ["layer", "scan", str(good), "--runtime", "python3.12", "--architecture", "x86_64"])
    assert fine.exit_code == 0, fine.output
    found = CliRunner().invoke(app, ["layer", "scan", str(bad)])
    assert found.exit_code == 1
    assert "startup-code" in found.output


def test_scan_names_the_architectures_that_there_are(tmp_path: Path) -> None:
    wrong = CliRunner().invoke(app, ["layer", "scan", str(tmp_path / "x.zip"), "--architecture", "sparc"])
    assert wrong.exit_code == 2
    assert "x86_64, arm64" in wrong.output
