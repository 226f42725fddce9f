"""What a file of layers may say, and what is told of its mistakes."""

import pytest

from assets.layers.logic.products import Retention
from assets.layers.logic.specifications import BadSpecifications, filled_in, read

GOOD = "{name: one, requirements: [requests], runtimes: [python3.12]}"


def mistakes(text: str) -> tuple[str, ...]:
    with pytest.raises(BadSpecifications) as told:
        read(text)
    return told.value.mistakes


def test_a_layer_that_says_little_gets_the_usual_rest() -> None:
    (layer,) = read(f"layers: [{GOOD}]")
    assert (layer.kind, layer.architectures, layer.retention, layer.most_bytes) == ("python", ("x86_64",), Retention(), None)


def test_an_empty_file_has_no_layers() -> None:
    assert read("") == read("layers:") == ()


def test_all_mistakes_are_told_at_once_with_line_place_and_what_to_do() -> None:
    found = mistakes("""
layers:
  - name: a.b
    requirements: ["-r more.txt", "requests"]
    runtimes: [python3.12]
    bugdet: {}
    accounts: [12]
  - {name: ok, runtimes: [python3.12]}
  - 5
""")
    assert [one.split(": ", 1)[0] for one in found] == [f"layers/layers.yaml, line {n}" for n in (3, 4, 6, 7, 8, 9)]
    for one, said in zip(
        found, ("letters", "wheels", "layers[0].bugdet (of a.b)", "12 digits", "no packages", "mapping"), strict=True
    ):
        assert said in one


def test_accounts_keep_their_leading_zero() -> None:
    (layer,) = read(f"layers: [{GOOD[:-1]}, accounts: [012345670123]}}]")
    assert layer.accounts == ("012345670123",)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("name: x, requirements: [a], runtimes: [nodejs22.x]", "kind python takes"),
        ("name: x, requirements: [a], runtimes: [python3.8]", "python3.9 to python3.14"),
        ("name: x, kind: node, package: p, runtimes: [nodejs22.x], bytecode: true", "kind python: remove it"),
        ("name: x, kind: node, runtimes: [nodejs22.x]", "give `package`"),
        ("name: x, requirements: ['a @ https://h/a.whl'], runtimes: [python3.12]", "folder of the inputs"),
        ("name: x, requirements: [a], runtimes: [python3.12], wheels: ../other", "within the inputs"),
        ("name: x, requirements: [a], runtimes: [python3.12], places: [everywhere]", "ACCOUNT/REGION"),
        ("name: x, requirements: [a], runtimes: [python3.12], most_bytes: 300000000", "less than or equal to 262144000"),
        ("name: x, name: y, requirements: [a], runtimes: [python3.12]", "said twice"),
    ],
)
def test_a_mistake_says_what_to_do(said: str, told: str) -> None:
    assert any(told in one for one in mistakes(f"layers:\n  - {{{said}}}\n"))


def test_two_layers_of_one_name_are_refused_also_where_placeholders_make_them_so() -> None:
    both = f"layers: [{GOOD}, {GOOD}]"
    assert "as layers[0] does" in mistakes(both)[0]
    other = "{name: one-x86_64, package: p, kind: node, runtimes: [nodejs22.x]}"
    made = f"layers: [{{name: 'one-{{architecture}}', requirements: [a], runtimes: [python3.12]}}, {other}]"
    assert "'one-x86_64'" in mistakes(made)[0]


def test_names_hold_a_runtime_without_its_dots() -> None:
    assert filled_in("a-{runtime}-{architecture}", "python3.12", "arm64") == "a-python312-arm64"
