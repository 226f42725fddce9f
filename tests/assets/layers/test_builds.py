"""Builds of layers, of wheels that the test makes itself."""

import hashlib
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.layers import builds, tables
from assets.layers.builds import LayerBuildsConfig, layer_builds, lock_key, sbom_key
from resources.clock import Clock
from resources.lake import Lake
from resources.object_store import LocalObjectStore
from tests.wheels import wheel

ALPHA = {"alpha/__init__.py": "import beta\nSIZE = len(beta.NAME)\n", "alpha/tests/test_it.py": "import alpha\n"}
BETA = {"beta/__init__.py": "NAME = 'beta'\n", "beta/README.md": "read me", "beta/stubs.pyi": "NAME: str"}


class Shop:
    """A folder of inputs without a network, and what is built from it."""

    def __init__(self, folder: Path) -> None:
        for name in ("inputs", "store", "empty"):
            (folder / name).mkdir()
        self.index = f"file://{folder / 'empty'}"
        self.inputs, self.store = (LocalObjectStore(root=str(folder / name)) for name in ("inputs", "store"))
        self.day = 0
        self.lake = Lake(root=str(folder / "lake"))

    def has(self, *wheels: tuple[str, bytes]) -> None:
        for name, body in wheels:
            self.inputs.put(f"layers/wheels/{name}", body)

    def wants(self, *layers: str) -> None:
        listed = "".join(f"  - {{{one}, wheels: layers/wheels, index_url: '{self.index}'}}\n" for one in layers)
        self.inputs.put("layers/layers.yaml", f"layers:\n{listed}".encode())

    def built(self, **config: Any) -> dg.MaterializeResult:
        self.day += 1
        clock = Clock(fixed_at=f"2026-11-{self.day:02}T00:00:00Z")
        found = layer_builds(LayerBuildsConfig(**config), self.lake, clock, self.inputs, self.store)
        assert isinstance(found, dg.MaterializeResult)
        return found

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["layer"]: row for row in self.lake.scan(tables.BUILDS).sort("built_at").collect().iter_rows(named=True)}

    def files(self, layer: str) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.store.get(self.rows[layer]["key"]))) as packed:
            return {name: packed.read(name) for name in packed.namelist()}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    made.has(wheel("alpha", "1.0", ALPHA, requires=["beta"]), wheel("beta", "1.0", BETA))
    return made


def verdicts(result: dg.MaterializeResult) -> dict[str, bool]:
    return {str(one.check_name): one.passed for one in result.check_results or []}


def test_a_layer_holds_what_its_requirements_need_and_can_be_imported(shop: Shop, tmp_path: Path) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    result = shop.built()
    assert all(verdicts(result).values())
    assert set(shop.files("one")) == {
        "python/alpha/__init__.py", "python/beta/__init__.py",
        *(f"python/{name}-1.0.dist-info/{file}" for name in ("alpha", "beta") for file in ("METADATA", "top_level.txt")),
    }  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(shop.store.get(shop.rows["one"]["key"]))) as packed:
        packed.extractall(tmp_path / "opt")
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'opt/python')!r}); import alpha; print(alpha.SIZE)"
    assert subprocess.run([sys.executable, "-ISc", code], capture_output=True, text=True, check=True).stdout == "4\n"


def test_what_is_known_of_a_build_is_true_of_its_zip(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    shop.built()
    row, files = shop.rows["one"], shop.files("one")
    assert row["sha256"] == hashlib.sha256(shop.store.get(row["key"])).hexdigest()
    assert (row["unzipped_bytes"], row["files"]) == (sum(map(len, files.values())), len(files))
    packages = json.loads(row["packages"])
    assert [(one["name"], one["version"], one["license"]) for one in packages] == [
        ("alpha", "1.0", "MIT"),
        ("beta", "1.0", "MIT"),
    ]
    assert sum(one["bytes"] for one in packages) == row["unzipped_bytes"]
    assert row["imports"] == ["alpha", "beta"]
    bill = json.loads(shop.store.get(sbom_key(row["key"])))
    assert {one["purl"] for one in bill["components"]} == {"pkg:pypi/alpha@1.0", "pkg:pypi/beta@1.0"}
    assert "timestamp" not in bill["metadata"]


def test_the_same_source_is_not_built_again(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    shop.built()
    before = shop.rows["one"]
    again = shop.built()
    assert again.metadata is not None
    assert (again.metadata["built"], again.metadata["unchanged"]) == (0, 1)
    assert shop.rows["one"] == before


def test_two_builds_from_separate_places_are_the_same_bytes(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Shop(tmp_path / "other")
    other.index = shop.index
    other.has(wheel("alpha", "1.0", ALPHA, requires=["beta"]), wheel("beta", "1.0", BETA))
    for one in (shop, other):
        one.wants("name: one, requirements: [alpha], runtimes: [python3.12], bytecode: false")
        one.built()
    assert shop.rows["one"] == other.rows["one"]
    assert shop.store.get(shop.rows["one"]["key"]) == other.store.get(other.rows["one"]["key"])


def test_a_layer_keeps_its_versions_until_an_upgrade_is_asked_for(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    shop.built()
    shop.has(wheel("beta", "2.0", {"beta/__init__.py": "NAME = 'beta 2'\n"}))
    assert shop.built().metadata["unchanged"] == 1  # type: ignore[index]
    shop.wants("name: one, requirements: [alpha, beta], runtimes: [python3.12]")
    shop.built()
    assert "beta==1.0" in shop.store.get(lock_key(shop.rows["one"]["key"])).decode()
    shop.built(upgrade=True)
    assert "beta==2.0" in shop.store.get(lock_key(shop.rows["one"]["key"])).decode()


def test_a_zip_that_is_gone_is_built_again_to_the_same_bytes(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    shop.built()
    row = shop.rows["one"]
    body = shop.store.get(row["key"])
    shop.store.delete(row["key"])
    shop.built()
    assert shop.store.get(row["key"]) == body


def test_a_layer_that_fails_is_told_and_stops_no_other(shop: Shop) -> None:
    shop.has(wheel("native", "1.0", {"native.so": b""}, tag="cp312-cp312-manylinux_2_17_x86_64"))
    shop.wants(
        "name: missing, requirements: [nowhere], runtimes: [python3.12]",
        "name: wrong-machine, requirements: [native], runtimes: [python3.12], architectures: [arm64]",
        "name: contradiction, requirements: ['beta<1', 'beta>1'], runtimes: [python3.12]",
        "name: one, requirements: [alpha], runtimes: [python3.12]",
    )
    result = shop.built()
    assert not verdicts(result)["every_layer_is_built"]
    told = str(result.metadata["failures"])  # type: ignore[index]
    for said in ("**missing**", "Correct the name", "**wrong-machine**", "No wheel of it is for that", "**contradiction**"):
        assert said in told
    assert set(shop.rows) == {"one"}


def test_what_only_left_out_packages_need_is_left_out_too(shop: Shop) -> None:
    shop.has(wheel("gamma", "1.0", {"gamma.py": ""}, requires=["alpha"]))
    shop.wants("name: one, requirements: [gamma], runtimes: [python3.12], leave_out: [alpha]")
    result = shop.built()
    assert [one["name"] for one in json.loads(shop.rows["one"]["packages"])] == ["gamma"]
    assert "alpha, beta" in str(result.metadata["stripped"])  # type: ignore[index]


def test_a_large_layer_is_split_without_tearing_packages_apart(shop: Shop) -> None:
    shop.has(wheel("large", "1.0", {"large.py": "#" * 3000}))
    shop.wants("name: one, requirements: [alpha, large], runtimes: [python3.12], most_bytes: 3200")
    assert all(verdicts(shop.built()).values())
    assert sorted(shop.rows) == ["one-1", "one-2"]
    assert len({row["source_sha256"] for row in shop.rows.values()}) == 1
    assert sorted(name for row in shop.rows.values() for name in row["imports"]) == ["alpha", "beta", "large"]
    assert shop.built().metadata["unchanged"] == 1  # type: ignore[index]


def test_one_zip_serves_several_runtimes_with_a_folder_each_for_what_differs(shop: Shop) -> None:
    shop.has(
        wheel("native", "1.0", {"native.py": "V = 12"}, tag="cp312-none-any"),
        wheel("native", "1.0", {"native.py": "V = 13"}, tag="cp313-none-any"),
    )
    shop.wants("name: one, requirements: [beta, native], runtimes: [python3.12, python3.13]")
    shop.built()
    files = shop.files("one")
    assert files["python/lib/python3.12/site-packages/native.py"] == b"V = 12"
    assert files["python/lib/python3.13/site-packages/native.py"] == b"V = 13"
    assert "python/beta/__init__.py" in files


def test_what_differs_by_architecture_needs_a_name_for_each(shop: Shop) -> None:
    tags = ("cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_17_aarch64")
    shop.has(*(wheel("native", "1.0", {"native.py": tag}, tag=tag) for tag in tags))
    shop.wants("name: one, requirements: [native], runtimes: [python3.12], architectures: [x86_64, arm64]")
    assert "put {architecture} into the name" in str(shop.built().metadata["failures"])  # type: ignore[index]
    shop.wants("name: 'one-{architecture}', requirements: [native], runtimes: [python3.12], architectures: [x86_64, arm64]")
    shop.built()
    assert set(shop.rows) == {"one-x86_64", "one-arm64"}


def test_a_build_over_budget_is_kept_and_names_the_packages_that_grew(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12], budget: {growth: 0.1}")
    assert verdicts(shop.built())["every_layer_is_within_its_budget"]
    shop.has(wheel("beta", "2.0", {"beta/__init__.py": "#" * 5000}))
    assert not verdicts(shop.built(upgrade=True))["every_layer_is_within_its_budget"]
    (row,) = shop.lake.scan(tables.BUILDS).collect().filter(budget="failed").to_dicts()
    assert "beta 1.0 → 2.0" in row["budget_reason"]
    assert "alpha" not in row["budget_reason"]


def test_a_zip_that_is_not_built_again_is_held_against_the_budget_as_it_is_said_now(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12], budget: {unzipped_bytes: 10}")
    assert not verdicts(shop.built())["every_layer_is_within_its_budget"]
    before = shop.rows["one"]
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12], budget: {unzipped_bytes: 10000}")
    assert verdicts(shop.built())["every_layer_is_within_its_budget"]
    assert shop.rows["one"] == {**before, "budget": "passed", "budget_reason": ""}


def test_a_lock_of_the_inputs_is_verified_by_its_hashes(shop: Shop) -> None:
    shop.wants("name: one, requirements: [beta], runtimes: [python3.12], lock: layers/one.lock")
    shop.inputs.put("layers/one.lock", b"beta==1.0 --hash=sha256:" + b"0" * 64)
    assert "Hash mismatch" in str(shop.built().metadata["failures"])  # type: ignore[index]
    digest = hashlib.sha256(wheel("beta", "1.0", BETA)[1]).hexdigest()
    shop.inputs.put("layers/one.lock", f"beta==1.0 --hash=sha256:{digest}".encode())
    assert all(verdicts(shop.built()).values())


def test_bytecode_is_what_the_runtime_takes_without_looking_at_the_source(shop: Shop) -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    shop.wants(f"name: one, requirements: [beta], runtimes: [python{version}], bytecode: true")
    shop.built()
    found = {name: body for name, body in shop.files("one").items() if name.endswith(".pyc")}
    (body,) = found.values()
    assert body[4:8] == b"\x01\0\0\0"
    assert b"/opt/python/beta/__init__.py" in body


def test_an_unknown_layer_is_refused_by_name(shop: Shop) -> None:
    shop.wants("name: one, requirements: [alpha], runtimes: [python3.12]")
    with pytest.raises(dg.Failure, match="there is no layer 'two'"):
        shop.built(layers=["two"])


def test_where_nothing_is_asked_for_nothing_is_built(shop: Shop) -> None:
    assert all(verdicts(shop.built()).values())
    assert builds.known_bundles(shop.lake) == []


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm (Debian package npm)")
def test_a_layer_of_node_packages_holds_what_its_lock_says(shop: Shop) -> None:
    files = {
        "package.json": {"name": "p", "version": "1.0.0", "dependencies": {"a": "file:a"}},
        "a/package.json": {"name": "a", "version": "1.0.0", "license": "MIT", "main": "index.js"},
        "package-lock.json": {
            "name": "p", "version": "1.0.0", "lockfileVersion": 3,
            "packages": {
                "": {"name": "p", "version": "1.0.0", "dependencies": {"a": "file:a"}},
                "node_modules/a": {"version": "1.0.0", "resolved": "file:a", "license": "MIT"},
            },
        },
    }  # fmt: skip
    for path, said in files.items():
        shop.inputs.put(f"layers/p/{path}", json.dumps(said).encode())
    shop.inputs.put("layers/p/a/index.js", b"module.exports = 1\n")
    shop.inputs.put("layers/p/a/test/x.js", b"")
    shop.inputs.put("layers/layers.yaml", b"layers: [{name: n, kind: node, package: layers/p, runtimes: [nodejs22.x]}]")
    result = shop.built()
    assert verdicts(result)["every_layer_is_built"], result.metadata
    assert set(shop.files("n")) == {"nodejs/node_modules/a/index.js", "nodejs/node_modules/a/package.json"}
    assert shop.rows["n"]["imports"] == ["a"]
    assert json.loads(shop.store.get(sbom_key(shop.rows["n"]["key"])))["components"][0]["purl"] == "pkg:npm/a@1.0.0"
    assert shop.built().metadata["unchanged"] == 1  # type: ignore[index]
