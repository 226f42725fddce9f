"""The job that rolls layers out, against the embedded AWS over HTTP: to the end, back, cut off, and beside others' changes."""

import base64
from datetime import timedelta
from random import Random

import dagster as dg
import pytest

from benchmarks.layers_rollout import BAD, GOOD, crash, cut, wave_of
from benchmarks.layers_rollout_cloud import BASE, OTHER, WATCH, WINDOWS, Case, Scene
from benchmarks.layers_rollout_others import Others
from jobs.layer_rollout import layer_rollout
from resources.errors import BadInput
from sandbox.aws_lambda_server import ACCOUNT, REGION

GATE = {"watch_minutes": WATCH, "baseline_windows": WINDOWS, "minimum_invocations": 20, "longest_wait_minutes": 60}
WAVES = {"canary": ["canary"], "percentages": [40]}
TWO_WAVES = {"canary": ["canary"], "percentages": [100]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    from sandbox.aws_lambda_server import served

    with served() as aws:
        yield Scene(aws, tmp_path_factory.mktemp("rollouts"))


def job(case: Case, **config):
    """A run of the job; its failure's words, or its metadata."""
    world = case.world()
    resources = {"lake": world.lake, "clock": world.clock, "report_store": world.reports, "lambda_service": world.service}
    config = {"layer": "base", "waves": WAVES, "gate": GATE, **config}
    result = layer_rollout.execute_in_process(
        run_config={"ops": {"roll_out_layer": {"config": config}}},
        resources={name: dg.ResourceDefinition.hardcoded_resource(one) for name, one in resources.items()},
        raise_on_error=False,
    )
    (step,) = [event for event in result.all_events if event.event_type_value in ("STEP_FAILURE", "STEP_SUCCESS")]
    if step.event_type_value == "STEP_FAILURE":
        return step.step_failure_data.error_display_string
    (told,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    return {name: value.value for name, value in told.event_specific_data.metadata.items()}


def later(case: Case, minutes: float = WATCH + 3, *, calls: bool = True) -> None:
    at = case.clock.now()
    case.clock.sleep(minutes * 60)
    if calls:
        case.traffic(at)


def test_a_plan_says_who_moves_and_who_stays_and_changes_nothing(stage):
    case = stage.case(GOOD)

    told = job(case, to_version=GOOD)

    assert (told["moves"], told["waves"], told["left"]) == (6, 3, 1)
    assert "| 1 | 123456789012/eu-central-1/canary | fonts:1, tools:1, base:1 | fonts:1, tools:1, base:3 |" in told["plan"]
    assert "aliases are only reported" in told["plan"]
    assert case.layers() == case.former
    assert case.journal().is_empty()


def test_a_good_version_is_rolled_out_wave_by_wave_with_its_aliases(stage):
    case = stage.case(GOOD)

    job(case, mode="apply", to_version=GOOD, aliases="move")
    assert [name for (_, name), layers in case.layers().items() if f"{BASE}:3" in layers] == ["canary"]
    for _ in range(3):
        later(case)
        told = job(case, mode="continue", layer="")

    assert "rolled out" in told["base"]
    assert case.faults("rolled out") == []
    assert job(case, mode="continue", layer="")["rollouts"] == 0


def test_elsewhere_the_version_with_the_same_content_is_the_new_one_whatever_its_number(stage):
    case = stage.case(GOOD)
    own, other = stage.client(), stage.client(OTHER)
    content = case.scene.aws.cloud.spaces[ACCOUNT, REGION].layers["base"]
    for number in (2, 3):
        other.publish_layer_version(LayerName="base", Content={"ZipFile": content[number].package.content})
    theirs = f"arn:aws:lambda:{REGION}:{OTHER}:layer:base"
    other.update_function_configuration(FunctionName="mail", Layers=[f"{theirs}:1"])
    own.delete_layer_version(LayerName="base", VersionNumber=2)

    sha256 = base64.b64decode(content[3].package.sha256).hex()
    told = [job(case, **which)["plan"] for which in ({"to_version": 3}, {"to_sha256": sha256})]

    assert told[0] == told[1]
    assert "222222222222/eu-central-1/mail | base:1 | base:2 |" in told[0]
    assert "billing | $LATEST | base:2 |  | arn:aws:lambda:eu-central-1:123456789012:layer:base:2 was deleted" in told[0]


def test_a_run_may_wait_for_its_waves_itself_and_what_is_over_goes_back_by_one_command(stage):
    case = stage.case(GOOD)
    for window in range(12):
        case.traffic(case.clock.now() + timedelta(minutes=WATCH * window))

    told = job(case, mode="apply", to_version=GOOD, aliases="move", wait_seconds=7200, poll_seconds=240)

    assert "rolled out" in told["base"]
    assert case.faults("rolled out") == []
    job(case, mode="roll back")
    assert case.faults("rolled back") == []


def test_a_broken_version_is_taken_back_in_the_first_wave_and_not_rolled_out_again_unasked(stage):
    case = stage.case(BAD)

    job(case, mode="apply", to_version=BAD, aliases="move")
    later(case)
    failed = job(case, mode="apply", to_version=BAD, aliases="move")

    assert "is rolled back: wave 1" in failed
    assert "60 of 60 calls failed, 0 of 180 before" in failed
    assert case.faults("rolled back") == []
    assert "was rolled back by base-" in job(case, mode="apply", to_version=BAD, aliases="move")


def test_a_call_by_way_of_trial_condemns_a_broken_version_at_once(stage):
    case = stage.case(BAD)

    failed = job(case, mode="apply", to_version=BAD, aliases="move", smoke_payload="{}")

    assert "called by way of trial, it failed" in failed
    assert "RuntimeError" in failed
    assert case.faults("rolled back") == []


def test_nobody_is_moved_who_could_not_be_moved_back_since_the_old_version_was_deleted_or_is_granted_no_longer(stage):
    case = stage.case(GOOD)
    own = case.scene.client()
    own.remove_layer_version_permission(LayerName="base", VersionNumber=1, StatementId="other")
    assert "base:1 is not granted to account 222222222222 any more" in job(case, to_version=GOOD)["plan"]

    job(case, mode="apply", to_version=GOOD, aliases="move", waves=TWO_WAVES)
    own.delete_layer_version(LayerName="base", VersionNumber=2)
    for _ in range(2):
        later(case)
        told = job(case, mode="continue", layer="")

    assert "rolled out" in told["base"]
    assert "base:2 cannot be read any more: there would be no way back" in told["base"]
    stayed = {name for (_, name), layers in case.layers().items() if f"{BASE}:3" not in layers}
    assert stayed == {"apart", "prices", "billing", "mail"}


def test_a_wave_is_watched_until_calls_that_hang_from_its_beginning_on_would_have_failed(stage):
    case = stage.case(GOOD)
    case.scene.client().update_function_configuration(FunctionName="canary", Timeout=300)
    job(case, mode="apply", to_version=GOOD)

    later(case)
    assert "watching** (wave 1 of 3)" in job(case, mode="continue")["base"]
    later(case, 5)
    assert "watching** (wave 2 of 3)" in job(case, mode="continue")["base"]


def test_a_call_by_way_of_trial_that_is_not_allowed_condemns_too_and_stops_no_run_for_ever(stage):
    case = stage.case(GOOD)
    case.scene.aws.cloud.faults.ask("status", operation="Invoke", status=403, code="AccessDeniedException")

    assert "cannot be called by way of trial" in job(case, mode="apply", to_version=GOOD, smoke_payload="{}")
    assert case.layers() == case.former


@pytest.mark.parametrize(("target", "end"), [(GOOD, "is held: "), (BAD, "is rolled back: wave 1")])
def test_those_that_moved_are_watched_though_another_of_their_wave_was_refused(stage, target, end):
    case = stage.case(target)
    refusal = {"status": 400, "code": "InvalidParameterValueException", "after": 1, "times": 1}
    case.scene.aws.cloud.faults.ask("status", operation="UpdateFunctionConfiguration", **refusal)
    told = job(case, mode="apply", to_version=target, waves={"canary": ["canary", "prices"], "percentages": [100]})["base"]
    assert "AWS refused" in told
    assert "watching" in told

    later(case)
    failed = job(case, mode="continue")
    assert end in failed
    assert target == BAD or "AWS refused" in failed


def test_without_traffic_a_roll_out_is_held_until_a_person_lets_it_go_on(stage):
    case = stage.case(GOOD)
    job(case, mode="apply", to_version=GOOD, aliases="move")
    later(case, 90, calls=False)

    assert "is held: wave 1: 0 calls, and 20 are needed" in job(case, mode="continue")
    assert job(case, mode="continue")["rollouts"] == 0
    assert "wave 2 of 3" in job(case, mode="go on")["base"]


def test_a_second_roll_out_of_a_layer_is_refused_while_one_is_open(stage):
    case = stage.case(GOOD)
    job(case, mode="apply", to_version=GOOD)

    assert "one roll-out at a time" in job(case, mode="apply", to_version=2)
    with pytest.raises(BadInput, match="with other settings"):
        case.run()


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({"mode": "roll back", "layer": ""}, "say the layer or the roll-out"),
        ({"mode": "go on"}, "there is no roll-out of base"),
        ({"mode": "apply"}, "either to_version or to_sha256"),
        ({"mode": "plan", "to_version": 99}, "base:99 is not there"),
        ({"mode": "plan", "to_version": GOOD, "waves": {"canary": ["zebra"]}}, "'zebra' matches no function"),
        ({"mode": "plan", "to_version": GOOD, "places": ["9*"]}, "no place matches 9*"),
        ({"mode": "plan", "to_version": GOOD, "layer": "nothing"}, "there is no layer nothing"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_reason(stage, config, why):
    assert why in job(stage.case(GOOD), **config)


def test_others_changes_are_left_and_told_on_both_ways(stage):
    case = stage.case(GOOD)
    client = case.scene.client()
    job(case, mode="apply", to_version=GOOD, waves=TWO_WAVES)
    client.update_function_configuration(FunctionName="orders", Layers=[])
    client.update_function_configuration(FunctionName="prices", MemorySize=999)
    for _ in range(2):
        later(case)
        job(case, mode="continue")
    client.delete_function(FunctionName="canary")
    told = job(case, mode="roll back")["base"]

    now = case.layers()
    assert {key: now.get(key) for key in case.former} == {**case.former, (ACCOUNT, "orders"): (), (ACCOUNT, "canary"): None}
    assert "others changed it: it has now layers none" in told
    assert "it was deleted" in told


@pytest.mark.parametrize(("target", "at", "after"), [(GOOD, 24, True), (BAD, 33, True)])
def test_a_run_that_is_cut_off_is_ended_by_the_next(stage, target, at, after):
    case, wrong = crash(stage, target, at, after=after)

    assert wrong == []
    assert case.killed
    assert wave_of(case) == (1 if target == BAD else 3)


@pytest.mark.parametrize("operation", ["UpdateFunctionConfiguration", "PublishVersion"])
def test_a_connection_that_is_cut_after_a_change_does_it_once(stage, operation):
    assert cut(stage, GOOD, operation, 0, "drop_after") == []


def test_the_benchmark_sees_a_list_that_is_not_as_it_has_to_be(stage):
    case, wrong = crash(stage, BAD, 999, after=False)
    assert wrong == ["its process did not end there"]
    case.scene.client().update_function_configuration(FunctionName="stock", Layers=list(case.former[ACCOUNT, "stock"][::-1]))

    assert len(case.faults("rolled back")) == 1
    assert len(case.faults("rolled out")) > 1
    case.look("at last")
    assert len(case.torn) == 1
    assert cut(stage, BAD, "UpdateFunctionConfiguration", 99, "drop") == ["its connection was not cut there"]


def test_nobody_elses_change_is_overwritten(stage):
    others = Others(stage.case(GOOD), Random(5))

    assert others.play() == []
    assert others.changes > 0
