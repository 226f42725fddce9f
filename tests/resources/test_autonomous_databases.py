"""What tags say of a database."""

import pytest

from resources.autonomous_databases import AutonomousDatabase


def _tagged(**tags: str) -> AutonomousDatabase:
    known = {key.replace("__", "."): value for key, value in tags.items()}
    return AutonomousDatabase("ocid1", "eu-frankfurt-1", "c", "orders", "ORDERS", "AVAILABLE", tags=known)


def test_a_tag_is_found_in_any_namespace_and_any_case() -> None:
    assert _tagged(Operations__Environment="prod").environment == "prod"
    assert _tagged(environment="dev", acme__environment="dev").environment == "dev"


def test_tags_that_differ_say_nothing() -> None:
    assert _tagged(environment="dev", acme__environment="prod").environment is None
    assert _tagged().environment is None


@pytest.mark.parametrize("value", ["true", "yes", "", "TRUE", "please"])
def test_anything_but_a_clear_no_protects(value: str) -> None:
    assert _tagged(cloudops__protected=value).is_protected


def test_a_clear_no_and_no_tag_do_not_protect() -> None:
    assert not _tagged(protected="False").is_protected
    assert not _tagged(owner="dba").is_protected
    assert _tagged(protected="no", cloudops__protected="true").is_protected
