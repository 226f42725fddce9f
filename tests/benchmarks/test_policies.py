"""The benchmark of policies on a small estate."""

import json

from benchmarks import policies


def test_it_tells_seconds_and_that_every_match_is_explained(capsys):
    status = policies.main(["--resources", "300", "--policies", "8", "--repeats", "1"])

    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert status == 0
    assert outcome["metrics"]["seconds"] < 10
    assert outcome["metrics"]["explained"] == outcome["metrics"]["matches"] > 0


def test_the_estate_is_the_same_each_time():
    assert policies.generated(50).equals(policies.generated(50))
