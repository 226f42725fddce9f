"""What layers are made of: stripping, splitting, laying out, zips, budgets and identities."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.budgets import changes, judged
from assets.layers.logic.distributions import distributions, importable, reduced
from assets.layers.logic.layout import laid_out
from assets.layers.logic.products import Budget, Package
from assets.layers.logic.sources import BadLock, check_lock, joined, parted
from assets.layers.logic.splitting import TooLarge, parts
from assets.layers.logic.stripping import stripped
from assets.layers.logic.zips import zipped

NAMES = st.text("abcdefgh", min_size=1, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
FILES = st.dictionaries(PATHS, st.binary(max_size=200), max_size=12)


def installed(name: str, files: Mapping[str, str], metadata: str = "", **extra: str) -> dict[str, bytes]:
    info = f"{name}-1.0.dist-info"
    found = {path: body.encode() for path, body in files.items()}
    found |= {f"{info}/{path.replace('__', '.')}": body.encode() for path, body in extra.items()}
    found[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{metadata}\nLong text.\n".encode()
    found[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in found).encode()
    return found


def kept(*packages: dict[str, bytes], python: str = "3.12") -> set[str]:
    files = {path: body for one in packages for path, body in one.items()}
    return {
        path for one in stripped(distributions(files), files, python).values() for path in one.files if "dist-info" not in path
    }


def test_tests_documents_stubs_and_sources_go() -> None:
    files = {
        "a/__init__.py": "", "a/tests/__init__.py": "", "a/tests/data.csv": "1", "a/sub/test/x.py": "", "a/conftest.py": "",
        "a/test_it.py": "", "a/_fast.pyx": "", "a/_fast.c": "", "a/a.pyi": "", "a/py.typed": "", "a/docs/guide.html": "",
        "a/README.md": "", "a/__pycache__/x.cpython-312.pyc": "", "bin/a": "#!/home/me/python\n", "a/data.md": "",
    }  # fmt: skip
    assert kept(installed("a", files)) == {"a/__init__.py", "a/data.md"}


@pytest.mark.parametrize(
    "importing",
    [
        "from a.tests import helper",
        "import a.tests.helper",
        "from .tests.helper import f",
        "def f():\n    from .tests import helper",
        "import importlib\nimportlib.import_module('a.tests.helper')",
        "from .tests import (\n    helper,\n)",
        "from a.tests import helper\nthis is of another version of Python",
    ],
)
def test_a_module_of_the_tests_that_is_imported_stays_with_its_packages(importing: str) -> None:
    files = {"a/__init__.py": importing, "a/tests/__init__.py": "", "a/tests/helper.py": "", "a/tests/test_x.py": ""}
    assert kept(installed("a", files)) == {"a/__init__.py", "a/tests/__init__.py", "a/tests/helper.py"}


def test_what_a_kept_test_module_imports_stays_too_and_another_package_may_ask_for_it() -> None:
    first = installed(
        "a", {"a/__init__.py": "", "a/tests/one.py": "from .two import f", "a/tests/two.py": "", "a/tests/no.py": ""}
    )
    second = installed("b", {"b.py": "import a.tests.one"})
    assert kept(first, second) == {"a/__init__.py", "a/tests/one.py", "a/tests/two.py", "b.py"}


@pytest.mark.parametrize("naming", ["LOADER = Loader('a.plugins.test')", "files('a.plugins.test').joinpath('x.json')"])
def test_a_package_that_a_text_names_stays_whole_with_its_data(naming: str) -> None:
    files = {
        "a/plugins/test/__init__.py": "", "a/plugins/test/core.py": "", "a/plugins/test/x.json": "", "a/tests/__init__.py": "",
        "a/plugins/tests/y.py": "",
    }  # fmt: skip
    assert kept(installed("a", {**files, "a/__init__.py": naming})) == {"a/__init__.py", *list(files)[:3]}


def test_a_comment_about_tests_keeps_nothing() -> None:
    files = {"a/__init__.py": "# from a.tests import helper\n'''see a.tests.helper for more'''", "a/tests/helper.py": ""}
    assert kept(installed("a", files)) == {"a/__init__.py"}


def test_an_entry_point_into_the_tests_keeps_them() -> None:
    files = {"a/__init__.py": "", "a/tests/plugin.py": ""}
    assert "a/tests/plugin.py" in kept(installed("a", files, entry_points__txt="[pytest11]\na = a.tests.plugin:f\n"))


def test_documents_that_are_a_package_which_runs_stay_whole() -> None:
    files = {"a/__init__.py": "from a.docs import x", "a/docs/__init__.py": "", "a/docs/x.py": "", "a/docs/page.html": ""}
    assert kept(installed("a", files)) == set(files)


def test_stubs_that_are_read_and_sources_that_are_named_stay() -> None:
    files = {
        "a/__init__.py": "import lazy_loader\nlazy_loader.attach_stub(__name__, __file__)\nX = 'k.cu'",
        "a/__init__.pyi": "",
        "a/k.cu": "",
    }
    assert kept(installed("a", files)) == set(files)


def test_a_distribution_that_is_nothing_but_tests_stays() -> None:
    assert kept(installed("test", {"test/__init__.py": "", "test/x.py": ""})) == {"test/__init__.py", "test/x.py"}


def test_metadata_keeps_what_importlib_reads_and_licences() -> None:
    files = installed(
        "a", {"a/__init__.py": "", "b.py": ""}, "Requires-Dist: c>1\nDescription: one\n  two\nLicense: MIT\n",
        entry_points__txt="[x]\n", LICENSE="text", INSTALLER="uv",
    )  # fmt: skip
    (found,) = distributions(files)
    left = reduced(found, files, "3.12")
    assert {path.split("/", 1)[1] for path in left} == {"METADATA", "entry_points.txt", "LICENSE", "top_level.txt"}
    assert left["a-1.0.dist-info/METADATA"] == b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\nRequires-Dist: c>1\nLicense: MIT\n"
    assert left["a-1.0.dist-info/top_level.txt"] == b"a\nb\n"


def test_imports_are_the_topmost_modules_that_are_no_namespace() -> None:
    paths = ["google/cloud/x/__init__.py", "google/cloud/x/y/__init__.py", "six.py", "_c.so", "a.cpython-312-x86_64-linux-gnu.so"]
    assert importable(paths) == ("a", "google.cloud.x", "six")


@given(st.dictionaries(NAMES, st.integers(1, 100), min_size=1, max_size=12), st.integers(100, 400))
def test_a_split_holds_everything_once_and_no_part_is_too_large(sizes: dict[str, int], most: int) -> None:
    try:
        found = parts(sizes, most)
    except TooLarge:
        assert sum(sizes.values()) > most
        return
    assert sorted(name for one in found for name in one) == sorted(sizes)
    assert all(sum(sizes[name] for name in one) <= most for one in found)
    assert found == parts(dict(reversed(sizes.items())), most)


@given(FILES)
def test_a_zip_is_read_back_and_is_the_same_in_any_order(files: dict[str, bytes]) -> None:
    made = zipped(files)
    assert made == zipped(dict(reversed(files.items())), workers=1)
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == sorted(files)
        assert {name: packed.read(name) for name in files} == files
        assert {one.date_time for one in packed.infolist()} <= {(1980, 1, 1, 0, 0, 0)}
        assert {one.external_attr >> 16 for one in packed.infolist()} <= {0o100644, 0o100755}


def test_programs_are_executable_in_a_zip_and_paths_that_lead_out_are_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped({"a": b"#!/bin/sh\n", "b": b"", "ü": b"x" * 99}))) as packed:
        assert [one.external_attr >> 16 & 0o777 for one in packed.infolist()] == [0o755, 0o644, 0o644]
        assert packed.read("ü") == b"x" * 99
    for path in ("../a", "/a", "a//b", "a\\b"):
        with pytest.raises(ValueError, match="cannot be the path"):
            zipped({path: b""})


def test_what_shares_a_package_with_something_that_differs_lies_beside_it() -> None:
    same, shares = {"x.py": b""}, {"ns/b.py": b""}
    built = {
        "3.11": {"same": same, "a": {"ns/a.py": b"11"}, "b": shares},
        "3.12": {"same": same, "a": {"ns/a.py": b"12"}, "b": shares},
    }
    placed = laid_out(built)
    assert set(placed["same"]) == {"python/x.py"}
    assert set(placed["b"]) == {f"python/lib/python{version}/site-packages/ns/b.py" for version in built}


def test_a_budget_names_what_grew() -> None:
    before, after = (Package("a", "1", 10), Package("b", "1", 10)), (Package("a", "2", 30), Package("c", "1", 5))
    assert [str(one) for one in changes(before, after)] == ["a 1 → 2 (+0.00 MB)", "c 1 (new, +0.00 MB)", "b 1 (gone, -0.00 MB)"]
    assert judged(Budget(growth=0.75), 35, after, 20, before) == ("passed", "")
    verdict, reason = judged(Budget(unzipped_bytes=30, growth=0.5), 35, after, 20, before)
    assert verdict == "failed"
    assert "a 1 → 2" in reason
    assert judged(Budget(growth=0.5), 35, after, None, ()) == ("passed", "")


@given(
    st.dictionaries(NAMES, st.lists(NAMES, max_size=3).map(lambda lines: "".join(f"{one}==1 \\\n" for one in lines)), max_size=4)
)
def test_locks_are_parted_as_they_were_joined(locks: dict[str, str]) -> None:
    assert parted(joined("abc", locks)) == ("abc", locks)


def test_a_lock_that_does_not_fit_says_why() -> None:
    for lock, asked, told in (
        ("", "a", "locks nothing"), ("a==1", "a", "without hashes"), ("a==1 --hash=sha256:0", "b", "does not lock b"),
        ("a==1 --hash=sha256:0", "a>1", "locks a to 1"),
    ):  # fmt: skip
        with pytest.raises(BadLock, match=told):
            check_lock(lock, [asked])
    check_lock("A_b==1 --hash=sha256:0", ["a-b"])
