"""Advisories: what could not be asked is unknown."""

import json

from resources.advisories import Advisory, NoAdvisories, PipAudit

_PACKAGES = [("requests", "2.19.0")]


def test_a_source_that_is_not_there_makes_vulnerabilities_unknown() -> None:
    assert NoAdvisories().ask(_PACKAGES).unknown
    answer = PipAudit()._answer(_PACKAGES, "", "Traceback\nConnectionError: no route")
    assert answer.advisories == ()
    assert answer.unknown == "pip-audit osv is not reachable: ConnectionError: no route"


def test_packages_that_the_source_skips_are_unknown_not_clean() -> None:
    told = {"dependencies": [{"name": "requests", "skip_reason": "not found"}]}
    assert PipAudit()._answer(_PACKAGES, json.dumps(told), "").unknown == "1 packages are not known: requests"


def test_a_known_vulnerability_is_told_with_the_versions_that_mend_it() -> None:
    told = {"dependencies": [{"name": "requests", "version": "2.19.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.20.0"]}]}]}
    answer = PipAudit()._answer(_PACKAGES, json.dumps(told), "")
    assert answer.advisories == (Advisory("requests", "2.19.0", "PYSEC-1", ("2.20.0",)),)
    assert answer.unknown == ""


def test_packages_of_which_the_source_says_nothing_are_unknown_not_clean() -> None:
    assert PipAudit()._answer(_PACKAGES, '{"dependencies": []}', "").unknown == "1 packages are not known: requests"
