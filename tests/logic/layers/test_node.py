"""What of Node packages goes into a layer."""

import json

import pytest

from assets.layers.logic.node import BadPackage, direct_dependencies, left_out, needs, packages, stripped


def files(**of_packages: dict[str, str]) -> dict[str, bytes]:
    return {f"node_modules/{name}/{path}": body.encode() for name, its in of_packages.items() for path, body in its.items()}


def kept(**of_packages: dict[str, str]) -> set[str]:
    return {path.removeprefix("node_modules/") for its in stripped(files(**of_packages)).files.values() for path in its}


def test_tests_documents_maps_and_types_go_and_licences_stay() -> None:
    its = {
        "package.json": '{"main": "index.js", "types": "index.d.ts", "scripts": {"test": "test"}}',
        "index.js": "", "index.d.ts": "", "index.js.map": "",
        "test/a.js": "", "docs/a.html": "", "README.md": "", "LICENSE": "", "a.test.js": "", ".npmignore": "",
    }  # fmt: skip
    assert kept(a=its) == {"a/package.json", "a/index.js", "a/LICENSE"}


@pytest.mark.parametrize(
    "reading",
    ["require('./doc/x')", 'import x from "./doc/x.js"', "import('./doc/x.js')", "require(path.join(__dirname, 'doc'))"],
)
def test_a_folder_that_is_loaded_stays(reading: str) -> None:
    assert "a/doc/x.js" in kept(a={"index.js": reading, "doc/x.js": ""})


def test_a_folder_that_another_package_or_the_manifest_loads_stays() -> None:
    assert "a/test/x.js" in kept(a={"index.js": "", "test/x.js": ""}, b={"index.js": "require('a/test/x')"})
    assert "a/docs/x.js" in kept(a={"package.json": '{"exports": {".": {"import": "./docs/x.js"}}}', "docs/x.js": ""})


def test_a_package_that_reads_types_keeps_them() -> None:
    assert "typescript/lib/lib.d.ts" in kept(typescript={"lib/tsc.js": 'const lib = "lib.d.ts"', "lib/lib.d.ts": ""})


LOCK = json.dumps({
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "license": "MIT", "dependencies": {"b": "1", "@s/c": "1"}},
        "node_modules/a/node_modules/b": {"version": "1.0.0"},
        "node_modules/b": {"version": "2.0.0", "dependencies": {"d": "1"}},
        "node_modules/d": {"version": "1.0.0"},
        "node_modules/@s/c": {"version": "1.0.0", "dependencies": {"b": "2"}},
        "node_modules/mocha": {"version": "9.0.0", "dev": True},
    },
}).encode()  # fmt: skip


def test_a_lock_names_what_is_needed_to_run_and_where_it_goes() -> None:
    found = packages(LOCK)
    assert {place: (one.name, one.version) for place, one in found.items()} == {
        "node_modules/a": ("a", "1.0.0"),
        "node_modules/a/node_modules/b": ("b", "1.0.0"),
        "node_modules/b": ("b", "2.0.0"),
        "node_modules/d": ("d", "1.0.0"),
        "node_modules/@s/c": ("@s/c", "1.0.0"),
    }
    assert needs(found, "a") == {"b", "@s/c"}


def test_what_only_left_out_packages_need_goes_too() -> None:
    found = packages(LOCK)
    assert left_out(found, ["a"], ["@s/*"]) == {"node_modules/@s/c", "node_modules/b", "node_modules/d"}
    assert left_out(found, ["a"], []) == set()


def test_what_is_no_lock_is_refused() -> None:
    for body, told in ((b"{", "not JSON"), (b"[]", "no object"), (b'{"dependencies": {}}', "npm 6 or older")):
        with pytest.raises(BadPackage, match=told):
            packages(body)
    assert direct_dependencies(b'{"dependencies": {"a": "1"}, "devDependencies": {"b": "1"}}') == ("a",)
