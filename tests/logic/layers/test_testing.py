"""What tests of layers tell, judged: verdicts, reasons, slower loading, and what AWS's logs say of cold starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.layers.logic.testing import (
    Attempt,
    Growth,
    brought_along,
    heaviest,
    init_milliseconds,
    judged,
    left_out,
    missing,
    too_slow,
)

FREE = Growth(None, 0.0, "s", "loading it")
FINE = Attempt(({"begun": "a"}, {"seconds": 0.1}, {"over": True}))


def test_what_loads_and_works_passes():
    tested = judged([FINE, FINE], (), [0.1, 0.3, 0.2], [], FREE)

    assert (tested.verdict, tested.reason, tested.took, tested.before) == ("passed", "", 0.2, None)


def test_a_module_that_does_not_load_fails_with_its_error_once():
    bad = Attempt(({"begun": "a"}, {"failed": "a", "error": "ValueError: no", "missing": None}, {"over": True}))

    tested = judged([bad, bad], (), [], [], FREE)

    assert (tested.verdict, tested.reason) == ("failed", "a does not load: ValueError: no")


def test_a_module_that_others_have_leaves_it_unknown_and_no_other_does():
    lacking = Attempt(
        ({"failed": "a", "error": "ModuleNotFoundError: No module named 'boto3'", "missing": "boto3"}, {"over": True})
    )

    assert missing([lacking]) == {"boto3"}
    assert judged([lacking], {"boto3"}, [], [], FREE).verdict == "unknown"
    assert judged([lacking], (), [], [], FREE).verdict == "failed"


@pytest.mark.parametrize(
    ("steps", "where"),
    [
        ((), "before anything was loaded"),
        (({"begun": "a"}, {"begun": "b"}), "in b"),
        (({"begun": "smoke"},), "in the smoke code"),
    ],
)
def test_an_end_before_the_end_fails_and_says_where(steps, where):
    tested = judged([Attempt(steps, "its process crashed (SIGSEGV)")], (), [], [], FREE)

    assert (tested.verdict, tested.reason) == ("failed", f"its process crashed (SIGSEGV), {where}")


def test_processes_that_go_on_fail_it():
    assert judged([Attempt(FINE.steps, "", 2)], (), [], [], FREE).reason == "it leaves 2 processes running behind"


def test_a_failure_outweighs_what_is_unknown():
    mixed = Attempt(
        ({"failed": "a", "error": "x", "missing": "boto3"}, {"failed": "b", "error": "y", "missing": None}, {"over": True})
    )

    tested = judged([mixed], {"boto3"}, [], [], FREE)

    assert tested.verdict == "failed"
    assert "boto3" in tested.reason


def test_loading_that_takes_too_much_longer_fails_with_what_takes_it():
    growth = Growth(0.2, 0.02, "s", "loading it")

    tested = judged([FINE], (), [0.5], [0.4], growth, (("pandas", 0.31),))

    assert tested.verdict == "failed"
    assert "0.5 s, 25% more than the 0.4 s of the version before; 20% is allowed (most of it: pandas 0.31 s)" in tested.reason


@given(st.lists(st.floats(0.001, 100), min_size=1), st.lists(st.floats(0.001, 100), min_size=1), st.floats(0, 2), st.floats(0, 5))
def test_noise_and_allowed_growth_are_never_too_slow(now, before, share, least):
    growth = Growth(share, least, "s", "loading it")

    assert too_slow(before, before, growth) is None
    assert too_slow(now, before, Growth(None, least, "s", "loading it")) is None
    assert too_slow(now, [], growth) is None
    assert too_slow([min(now)], [max(now)], growth) is None
    assert too_slow([1000 + (1 + share) * 100 + least], [100.0], growth) is not None


def test_modules_of_runtimes_and_of_left_out_packages_are_known_by_their_names():
    assert brought_along("python", "botocore.session")
    assert brought_along("node", "@aws-sdk/client-s3")
    assert not brought_along("python", "requests")
    assert not brought_along("node", "@other/thing")
    assert left_out("dateutil.parser", ["python-dateutil"])
    assert left_out("typing_extensions", ["Typing.Extensions"])
    assert left_out("@scope/name", ["@scope/name"])
    assert not left_out("requests", ["requests-toolbelt"])


REPORT = (
    "START RequestId: 8f507cfc-5c0a-4b6d-9e6a-000000000000 Version: $LATEST\n"
    "END RequestId: 8f507cfc-5c0a-4b6d-9e6a-000000000000\n"
    "REPORT RequestId: 8f507cfc-5c0a-4b6d-9e6a-000000000000\tDuration: 79.67 ms\tBilled Duration: 80 ms\tMemory Size: 128 MB\t"
    "Max Memory Used: 73 MB\tInit Duration: 136.45 ms\t\nXRAY TraceId: 1-5e34a614\tSegmentId: 07f6\tSampled: true\n"
)


def test_the_init_duration_of_a_cold_start_is_read_from_its_report():
    assert init_milliseconds(REPORT) == 136.45


def test_a_warm_call_a_printed_report_and_no_report_tell_no_cold_start():
    warm = REPORT.replace("\tInit Duration: 136.45 ms", "")

    assert init_milliseconds(warm) is None
    assert init_milliseconds(REPORT + warm) is None
    assert init_milliseconds("REPORT of mine: Init Duration: 1 ms\n" + warm) is None
    assert init_milliseconds("") is None
    assert init_milliseconds("INIT_REPORT Init Duration: 10008.64 ms\tPhase: init\tStatus: timeout\n") is None


def test_time_of_imports_is_told_by_package_with_the_standard_library_as_one():
    text = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:       200 |        200 | json.decoder\nimport time:       100 |        300 |   re\n"
        "import time:      5000 |       5000 |     pandas._libs.lib\n"
        "import time:      2000 |       7300 | pandas\nsaid by a module\n"
    )

    assert heaviest(text) == (("pandas", 0.007), ("the standard library", 0.0003))
    assert heaviest(text, 1) == (("pandas", 0.007),)
