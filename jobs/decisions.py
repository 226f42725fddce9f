"""Decisions of people: a job that writes down what somebody says about a recommendation, an anomaly or an action."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

import dagster as dg
import polars as pl
from pydantic import Field

from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.action_book import book
from assets.finops.logic.actions.lifecycle import VERDICTS as OF_ACTIONS
from assets.finops.logic.actions.lifecycle import verdicts as about_actions
from assets.finops.logic.decisions import ACTION, ANOMALY, RECOMMENDATION, VERDICTS, Decision, about, find, near
from assets.finops.logic.recommendations.lifecycle import BY_PEOPLE, Book, pending
from resources.clock import Clock
from resources.errors import BadInput
from resources.lake import Lake


class DecisionConfig(dg.Config):
    """What somebody decided."""

    subject: Literal["recommendation", "anomaly", "action"] = Field(description="What it is about.")
    subject_id: str = Field(description="Its id; the beginning of it, if no other id begins so.", min_length=1)
    verdict: str = Field(
        description="Of a recommendation: accepted, done, dismissed, open. Of an anomaly: true, false, expected, withdrawn. "
        "Of an action: approved, rejected, rollback, open."
    )
    by: str = Field(description="Who decided.", min_length=1)
    note: str = Field(default="", description="Why.")
    valid_from: str | None = Field(
        default=None,
        description="First day on which it holds, YYYY-MM-DD; of `done`, the day when it was done. Today if empty.",
    )
    until: str | None = Field(default=None, description="Last day on which it holds, YYYY-MM-DD; it has no end if empty.")


def decide(config: DecisionConfig, lake: Lake, now: datetime) -> tuple[Decision, bool]:
    """Check a decision and store it.

    Returns:
        The decision with the whole id of its subject, and whether it is new: one that repeats the newest about its subject is
        not stored again.

    Raises:
        BadInput: There is no such subject, or several (the advice names ids that might be meant); the verdict is none that can be
            given, or not in the state that the subject is in; or the days are wrong.
    """
    _check_verdict(config)
    known = _known_ids(lake, config.subject)
    subject_id = find(config.subject_id, known)
    if subject_id is None:
        raise _not_found(config, known)
    valid_from, until = _day(config.valid_from, "valid_from") or now.date(), _day(config.until, "until")
    decision = Decision(now, config.subject, subject_id, config.verdict, config.by, config.note, valid_from, until)
    _check_days(decision)
    stored = lake.scan(tables.DECISIONS).collect()
    before = about(stored, config.subject, subject_id)
    if decision.repeats(_still_counts(before[-1], lake) if before else None):
        return decision, False
    if config.subject == RECOMMENDATION:
        _check_state(decision, lake, stored)
    if config.subject == ACTION:
        _check_action(decision, lake, stored)
    identity = decision.identity(len(before))
    row = {"decision_id": identity, **{name: getattr(decision, name) for name in Decision.__slots__}}
    # its own id as the predicate: whoever writes the same decision at the same time writes the same row
    added = pl.DataFrame([row], schema=tables.DECISIONS.schema)
    lake.replace(tables.DECISIONS, added, where=f"decision_id = '{identity}'")
    return decision, True


@dg.op(description="Checks a decision and stores it; the next run of the assets takes it in.")
def store_decision(
    context: dg.OpExecutionContext, config: DecisionConfig, lake: dg.ResourceParam[Lake], clock: dg.ResourceParam[Clock]
) -> None:
    """Validate against what is known, then add one row; saying the same again adds none."""
    with errors_classified():
        decision, new = decide(config, lake, clock.now())
    context.log.info("%s %s is %s, says %s", decision.subject, decision.subject_id, decision.verdict, decision.by)
    context.add_output_metadata({"subject_id": decision.subject_id, "verdict": decision.verdict, "new": new})


@dg.job(
    description="Writes down what somebody decided about a recommendation, an anomaly or an action.",
    run_tags={"domain": "finops"},
)
def finops_decision() -> None:
    """Store one decision."""
    store_decision()


def _check_verdict(config: DecisionConfig) -> None:
    if config.verdict not in VERDICTS[config.subject]:
        raise BadInput(
            f"{config.verdict!r} is nothing that can be said of {_named(config.subject)}",
            f"say one of {', '.join(VERDICTS[config.subject])}",
        )


def _check_days(decision: Decision) -> None:
    if decision.until is not None and decision.until < decision.valid_from:
        raise BadInput(f"it would end on {decision.until}, before it begins on {decision.valid_from}", "give a later day")
    if decision.verdict == "done" and decision.valid_from > decision.at.date():
        raise BadInput(f"{decision.valid_from} is still to come", "say `accepted` now, and `done` when it is done")


def _check_state(decision: Decision, lake: Lake, decisions: pl.DataFrame) -> None:
    """A decision must be possible in the state to which the decisions before it lead."""
    book = Book.of(lake.scan(tables.RECOMMENDATION_EVENTS).collect().sort("at", maintain_order=True))
    standing = book.standings.get(decision.subject_id)
    if standing is None:
        return
    state = pending(book, decisions, decision.at).get(decision.subject_id, standing.state)
    if decision.verdict != state and decision.verdict not in BY_PEOPLE[state]:
        raise BadInput(
            f"recommendation {decision.subject_id} is {state}: it cannot become {decision.verdict}",
            f"what can be said of it now: {', '.join(sorted({state} & set(VERDICTS[RECOMMENDATION]) | BY_PEOPLE[state]))}",
        )


def _still_counts(row: Mapping[str, Any], lake: Lake) -> Mapping[str, Any] | None:
    """A decision that was stored; None if what it was about has been proposed anew since."""
    standing = book(lake).standings.get(row["subject_id"]) if row["subject"] == ACTION else None
    return None if standing is not None and row["at"] < standing.proposed_at else row


def _check_action(decision: Decision, lake: Lake, decisions: pl.DataFrame) -> None:
    """A decision about an action must be possible in the state to which the decisions before it lead."""
    opened = book(lake)
    opened.hear(about_actions(decisions), decision.at)
    state = opened.standings[decision.subject_id].state
    if state not in OF_ACTIONS[decision.verdict][1]:
        possible = ", ".join(sorted(verdict for verdict, (_, states) in OF_ACTIONS.items() if state in states))
        raise BadInput(
            f"action {decision.subject_id} is {state}: {decision.verdict} cannot be said of it",
            f"what can be said of it now: {possible or 'nothing'}",
        )


def _known_ids(lake: Lake, subject: str) -> list[str]:
    table, column = {
        RECOMMENDATION: (tables.RECOMMENDATIONS, "recommendation_id"),
        ANOMALY: (tables.ANOMALY_EPISODES, "episode_id"),
        ACTION: (tables.ACTIONS, "action_id"),
    }[subject]
    found: list[str] = lake.scan(table).select(pl.col(column).unique().sort()).collect()[column].to_list()
    return found


def _not_found(config: DecisionConfig, known: list[str]) -> BadInput:
    close = near(config.subject_id, known)
    several = len([i for i in known if i.startswith(config.subject_id)]) > 1
    what = f"more than one {config.subject} begins" if several else f"no {config.subject} has an id that begins"
    advice = f"near are: {', '.join(close)}" if close else f"there is no {config.subject} yet: run the assets first"
    return BadInput(f"{what} with {config.subject_id!r}", advice)


def _day(text: str | None, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{name} is {text!r}, which is no day", "write it as YYYY-MM-DD") from None


def _named(subject: str) -> str:
    return f"{'a' if subject == RECOMMENDATION else 'an'} {subject}"


def run_config(**decision: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Run config of the job for a decision; what is None is left out."""
    return {"ops": {"store_decision": {"config": {name: value for name, value in decision.items() if value is not None}}}}
