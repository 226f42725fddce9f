"""Packages of an index: what uv is told, and what its failures are called."""

import subprocess
from pathlib import Path

import pytest

from resources.errors import BadInput
from resources.package_index import PackageSource, Target, resolve

TARGET = Target("3.12", "x86_64")


@pytest.fixture
def source(tmp_path: Path) -> PackageSource:
    (tmp_path / "holds-a-password").mkdir()
    return PackageSource(index_url=f"file://{tmp_path / 'holds-a-password'}", cache=tmp_path / "cache")


def test_addresses_of_indexes_are_not_among_arguments_that_everybody_sees(source, monkeypatch):
    commands = []
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **more: commands.append(command) or run(command, **more))

    with pytest.raises(BadInput):
        resolve(["alpha"], TARGET, source)

    assert commands
    assert "holds-a-password" not in str(commands)


def test_a_package_whose_name_has_to_do_with_hashes_is_not_taken_for_a_wrong_hash(source):
    with pytest.raises(BadInput) as caught:
        resolve(["xxhash"], TARGET, source)

    assert "Correct the name" in caught.value.advice
