"""Which resources a policy matches, and why: true, false or unknown of every resource, each with the filters that decide."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from assets.finops.logic.efficiency.amounts import KEY
from assets.finops.logic.policies.clauses import EXCLUDED, Joined, Leaf, Node, exclusions, main_node
from assets.finops.logic.policies.schema import Policy

REASON = pl.Struct(
    {
        **dict.fromkeys(("clause", "result", "value", "threshold"), pl.String()),
        "window_days": pl.Int64(),
        "rows": pl.Int64(),
        "source": pl.String(),
    }
)
"""One filter and what it found: its place in the policy; `holds`, `does not hold`, `unknown` or `unknown, which counts as a
match`; the value, what it was held against, the days it covers, the rows behind it (null if not known) and where it is from."""
ACTION = pl.Struct({"action": pl.String(), "parameters": pl.String()})
FACTS = ("ResourceName", "ResourceType", "SubAccountName", "cost_30d", "as_of")
MATCH_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(("policy", "mode", *KEY, "ResourceName", "ResourceType", "SubAccountName"), pl.String()),
    "cost_30d": pl.Decimal(38, 24),
    "as_of": pl.Date(),
    "actions": pl.List(ACTION),
    "explanation": pl.List(REASON),
}
Verdict = Literal["match", "no match", "unknown", "excluded"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What policies say of an inventory.

    Attributes:
        matches: One row per policy and resource that it matches; columns as in `MATCH_SCHEMA`.
        unknown: `policy` and the key of each resource of which a policy cannot say whether it matches.
        counts: Per policy, in its order, how many resources have each verdict: `matched`, `unmatched`, `unknown`, `excluded`.
    """

    matches: pl.DataFrame
    unknown: pl.DataFrame
    counts: pl.DataFrame


def evaluate(policies: Sequence[Policy], inventory: pl.DataFrame) -> Evaluation:
    """Every policy over every resource.

    Args:
        policies: The policies; those that are not enabled match nothing.
        inventory: Columns as in `inventory.SCHEMA`.
    """
    matches, unknown, counts = [pl.DataFrame(schema=MATCH_SCHEMA)], [pl.DataFrame(schema=_unknown_schema())], []
    for policy in policies:
        if not policy.enabled:
            continue
        judged = verdicts(policy, inventory)
        counted = dict(judged.value_counts().iter_rows())
        names = {"matched": "match", "unmatched": "no match", "unknown": "unknown", "excluded": "excluded"}
        counts.append({"policy": policy.name, **{name: counted.get(verdict, 0) for name, verdict in names.items()}})
        matches.append(_matches(policy, inventory.filter(judged == "match")))
        unknown.append(inventory.filter(judged == "unknown").select(pl.lit(policy.name).alias("policy"), *KEY))
    schema = {"policy": pl.String(), **dict.fromkeys(("matched", "unmatched", "unknown", "excluded"), pl.Int64())}
    return Evaluation(pl.concat(matches), pl.concat(unknown), pl.DataFrame(counts, schema=schema))


def verdicts(policy: Policy, inventory: pl.DataFrame) -> pl.Series:
    """Of each resource `match`, `no match`, `unknown` or, if only an exclusion keeps it from matching, `excluded`."""
    main, excluded = main_node(policy), exclusions(policy)
    frame = inventory.select(
        main=_truth(main, {id(leaf): leaf_holds(leaf) for leaf in _leaves(main)}),
        free=_truth(excluded, {id(leaf): leaf_holds(leaf) for leaf in _leaves(excluded)}),
    )
    verdict = (
        pl.when(pl.col("main") & ~pl.col("free"))
        .then(pl.lit("excluded"))
        .when("main")
        .then(pl.lit("match"))
        .when(pl.col("main").is_null() & pl.col("free"))
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("no match"))
    )
    return frame.select(verdict=verdict).to_series()


def explain(policy: Policy, resources: pl.DataFrame) -> pl.DataFrame:
    """`verdict` and `explanation` of each resource, in their order.

    The reasons of a match are the filters that together make it one; those of any other verdict are the filters that failed or
    were unknown, so that the policy cannot match unless they change.
    """
    root = Joined(need_all=True, parts=(main_node(policy), exclusions(policy)))
    leaves = list(_leaves(root))
    columns = {id(leaf): f"_{n}" for n, leaf in enumerate(leaves)}
    held = resources.with_columns(leaf_holds(leaf).alias(columns[id(leaf)]) for leaf in leaves)
    truths = {key: pl.col(name) for key, name in columns.items()}
    whole = _truth(root, truths).fill_null(value=False)
    reasons = [
        pl.when(pl.when(whole).then(supports & (leaf.source != EXCLUDED)).otherwise(blamed)).then(_reason(leaf, truths[id(leaf)]))
        for leaf, supports, blamed in _shown(root, truths, pl.lit(value=True), pl.lit(value=True))
    ]
    explanation = pl.concat_list(reasons).list.drop_nulls().cast(pl.List(REASON))
    return held.select(explanation=explanation).with_columns(verdict=verdicts(policy, resources)).select("verdict", "explanation")


def leaf_holds(leaf: Leaf) -> pl.Expr:
    """What a question comes to, with what a missing value means and the negation around it."""
    holds = leaf.holds.fill_null(value=True) if leaf.missing_matches else leaf.holds
    return ~holds if leaf.negated else holds


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for part in node.parts:
            yield from _leaves(part)


def _truth(node: Node, leaves: dict[int, pl.Expr]) -> pl.Expr:
    """Three-valued: one false makes `all` false whatever is unknown, one true makes `any` true."""
    if isinstance(node, Leaf):
        return leaves[id(node)]
    if not node.parts:
        return pl.lit(node.need_all)
    parts = [_truth(part, leaves) for part in node.parts]
    return pl.all_horizontal(parts) if node.need_all else pl.any_horizontal(parts)


def _shown(node: Node, leaves: dict[int, pl.Expr], above: pl.Expr, beside: pl.Expr) -> Iterator[tuple[Leaf, pl.Expr, pl.Expr]]:
    """Each question with whether it and all that is around it holds, and whether neither it nor any of that does."""
    true = _truth(node, leaves).fill_null(value=False)
    supports, blamed = above & true, beside & ~true
    if isinstance(node, Leaf):
        yield node, supports, blamed
        return
    for part in node.parts:
        yield from _shown(part, leaves, supports, blamed)


def _reason(leaf: Leaf, truth: pl.Expr) -> pl.Expr:
    if leaf.source == EXCLUDED:
        truth = ~truth
    known = pl.when(truth).then(pl.lit("holds")).when(truth.is_not_null()).then(pl.lit("does not hold"))
    result = known.otherwise(pl.lit("unknown"))
    if leaf.missing_matches:
        result = pl.when(leaf.holds.is_null()).then(pl.lit("unknown, which counts as a match")).otherwise(result)
    asked = f"not: {leaf.threshold}" if leaf.negated and leaf.source != EXCLUDED else leaf.threshold
    return pl.struct(
        pl.lit(leaf.clause).alias("clause"),
        result.alias("result"),
        leaf.value.cast(pl.String).alias("value"),
        pl.lit(asked).alias("threshold"),
        pl.lit(leaf.window, pl.Int64).alias("window_days"),
        (pl.lit(None, pl.Int64) if leaf.rows is None else leaf.rows.cast(pl.Int64)).alias("rows"),
        pl.lit(leaf.source).alias("source"),
    )


def _matches(policy: Policy, matched: pl.DataFrame) -> pl.DataFrame:
    actions = [
        {"action": action.name, "parameters": json.dumps(action.parameters.model_dump(mode="json", exclude_none=True))}
        for action in policy.actions
    ]
    facts = matched.select(
        pl.lit(policy.name).alias("policy"), pl.lit(policy.mode).alias("mode"), *KEY, *FACTS,
        pl.lit(pl.Series([actions], dtype=pl.List(ACTION))).first().alias("actions"),
    )  # fmt: skip
    return facts.with_columns(explain(policy, matched)["explanation"]).select(list(MATCH_SCHEMA))


def _unknown_schema() -> dict[str, pl.DataType]:
    return dict.fromkeys(("policy", *KEY), pl.String())
