"""What follows from a resource's figures: its state, the candidates for a closer look, and the evidence in words."""

import polars as pl

from assets.finops.logic.efficiency.rule import Rule

_COMPUTE = ("Virtual machines", "Containers", "Kubernetes", "Application platform", "Virtual desktops", "Development environment")
"""Comparable services that run by the hour whether or not somebody works."""
_NON_PRODUCTION = (
    r"(?i)(^|[^a-z])(dev|development|test|testing|staging|sandbox|qa|uat|non[-_ ]?prod|non[-_ ]?production)($|[^a-z])"
)
_NON_PREFIX = r"(?i)non[-_ ]?prod"
_PRODUCTION = r"(?i)(^|[^a-z])(prod|production)($|[^a-z])"

UTILISATION = {"ResourceId": pl.String(), "cpu_p95": pl.Float64(), "memory_p95": pl.Float64(), "days_observed": pl.Int64()}
"""Measured use: 95th percentile of CPU and memory in percent of what is provisioned, null if not measured, over how many days.

A further column `memory_follows_cpu` may say of a resource that its memory is no size of its own, but comes with its CPU.
"""


def with_utilisation(resources: pl.DataFrame, utilisation: pl.DataFrame | None, rule: Rule) -> pl.DataFrame:
    """Adds measured use and `utilisation_status`: `observed`, `too few days`, or `unknown` if there is no measurement.

    Args:
        resources: One row per resource.
        utilisation: Columns as in `UTILISATION`, one row per ResourceId; None if nothing was measured.
        rule: Thresholds.

    Raises:
        polars.exceptions.ComputeError: A ResourceId occurs twice in `utilisation`.
    """
    given = pl.DataFrame(schema=UTILISATION) if utilisation is None else utilisation
    follows = pl.col("memory_follows_cpu") if "memory_follows_cpu" in given.columns else pl.lit(value=False)
    measured = given.select(*UTILISATION, follows.alias("memory_follows_cpu"))
    joined = resources.join(measured, on="ResourceId", how="left", validate="m:1")
    nothing = pl.col("cpu_p95").is_null() & pl.col("memory_p95").is_null()
    status = (
        pl.when(nothing)
        .then(pl.lit("unknown"))
        .when(pl.col("days_observed").fill_null(0) < rule.evidence_days)
        .then(pl.lit("too few days"))
        .otherwise(pl.lit("observed"))
    )
    return joined.with_columns(utilisation_status=status)


def with_peers(resources: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Adds `peers` and `peers_varying`: others of the same sub-account, service and currency that cost something every day."""
    group = ("ProviderName", "SubAccountId", "ServiceName", "BillingCurrency")
    varies = pl.col("comparable") & ~pl.col("flat")
    counted = resources.with_columns(
        peers=pl.col("comparable").sum().over(group).cast(pl.Int64) - pl.col("comparable").cast(pl.Int64),
        peers_varying=varies.sum().over(group).cast(pl.Int64) - varies.cast(pl.Int64),
    )
    stands_out = (pl.col("peers") >= rule.fewest_peers) & (2 * pl.col("peers_varying") > pl.col("peers"))
    return counted.with_columns(flat_among_varying=pl.col("flat") & stands_out)


def state(rule: Rule) -> pl.Expr:
    """One word for the resource, the first that holds.

    `ended`: no cost for longer than ever before between two costs, and for at least a week; for a month if it had fewer than
    three days with a cost. `idle`: measured, or billed for a quantity of zero; never because nothing is known of its use.
    `new`: began less than four weeks ago, while its provider was delivering before. `growing`, `shrinking`: the trend is material
    and its bounds exclude zero. `steady`: no material trend stands out of the noise. `unknown`: not enough history, or no
    positive cost.
    """
    seldom = pl.col("days_with_cost") < 3
    patience = pl.when(seldom).then(31).otherwise(pl.max_horizontal(pl.lit(rule.silent_days - 1), pl.col("longest_gap")))
    ended = (pl.col("lived") > 0) & (pl.col("days_with_cost") > 0) & (pl.col("silent") > patience)
    material = pl.col("trend").abs() >= rule.material_percent
    return (
        pl.when(ended)
        .then(pl.lit("ended"))
        .when(_no_use(rule) | _at_rest(rule))
        .then(pl.lit("idle"))
        .when(pl.col("began_in_view") & (pl.col("age") < rule.history_days))
        .then(pl.lit("new"))
        .when(pl.col("trend").is_null() | pl.col("trend_low").is_null())
        .then(pl.lit("unknown"))
        .when(material & (pl.col("trend_low") > 0))
        .then(pl.lit("growing"))
        .when(material & (pl.col("trend_high") < 0))
        .then(pl.lit("shrinking"))
        .otherwise(pl.lit("steady"))
    )


def candidates(rule: Rule) -> dict[str, pl.Expr]:
    """Kinds of candidate, each with its evidence in words: null where the resource is none. They need the column `state`."""
    worth = (pl.col("cost_last") >= rule.floor) & (pl.col("state") != "ended")
    return {
        "off_hours_schedule": pl.when(worth & _runs_all_week(rule)).then(_of_schedule()),
        "idle_review": pl.when(worth).then(_of_idleness(rule)),
        "rightsizing": pl.when(worth & _half_is_enough(rule)).then(_of_size()),
        "price_increase": pl.when(worth & (pl.col("unit_price_change_percent") >= rule.material_percent)).then(_of_price(rule)),
    }


def _no_use(rule: Rule) -> pl.Expr:
    known = (pl.col("usage_status") == "known") & (pl.col("lived_last") >= rule.evidence_days)
    return (known & (pl.col("usage_last") == 0) & (pl.col("cost_last") > 0)).fill_null(value=False)


def _observed() -> pl.Expr:
    return pl.col("utilisation_status") == "observed"


def _at_rest(rule: Rule) -> pl.Expr:
    resting = (pl.col("cpu_p95") < rule.idle_cpu) & (pl.col("memory_follows_cpu") | (pl.col("memory_p95") < rule.idle_memory))
    return (_observed() & resting).fill_null(value=False)


def _half_is_enough(rule: Rule) -> pl.Expr:
    memory = pl.col("memory_follows_cpu") | (pl.col("memory_p95") < rule.half_size)
    return (_observed() & (pl.col("cpu_p95") < rule.half_size) & memory).fill_null(value=False)


def _runs_all_week(rule: Rule) -> pl.Expr:
    """Compute whose name says that nobody needs it at weekends, and which costs as much then as on working days."""
    named = [pl.col(c).fill_null("") for c in ("SubAccountName", "ResourceName")]
    says_so = pl.any_horizontal(n.str.contains(_NON_PRODUCTION) for n in named)
    denies_it = pl.any_horizontal(n.str.replace_all(_NON_PREFIX, "").str.contains(_PRODUCTION) for n in named)
    compute = pl.col("x_comparable_service").is_in(_COMPUTE).fill_null(value=False)
    all_week = (pl.col("weekend_ratio") >= rule.weekend_ratio) & (pl.col("lived_last") >= rule.evidence_days)
    return compute & says_so & ~denies_it & all_week.fill_null(value=False)


def _of_schedule() -> pl.Expr:
    hours = pl.when((pl.col("usage_unit") == "Hours") & (pl.col("lived_last") > 0)).then(
        pl.format(", {} hours a day", _number(pl.col("usage_last").cast(pl.Float64) / pl.col("lived_last")))
    )
    text = "runs_all_week: a weekend day costs {} % of a working day{}; named as not production ({} in {})"
    names = (pl.col(c).fill_null("unnamed") for c in ("ResourceName", "SubAccountName"))
    return pl.format(text, _number(pl.col("weekend_ratio") * 100), hours.fill_null(""), *names)


def _of_idleness(rule: Rule) -> pl.Expr:
    """The strongest evidence there is."""
    unused = pl.format(
        "billed {} {} for 0 {} of use", _number(pl.col("cost_last")), pl.col("BillingCurrency"), pl.col("usage_unit")
    )
    resting = pl.format(
        "95th percentile of CPU {} %, {}, {} days observed", _number(pl.col("cpu_p95")), _memory(), pl.col("days_observed")
    )
    flat = pl.format(
        "the same cost every day for {} days, weekends included, while {} of {} peers vary: use is unknown",
        pl.lit(rule.period_days), pl.col("peers_varying"), pl.col("peers"),
    )  # fmt: skip
    low_cpu = (_observed() & (pl.col("cpu_p95") < rule.idle_cpu)).fill_null(value=False)
    used = (_observed() & (pl.col("cpu_p95") >= rule.idle_cpu)).fill_null(value=False)
    return pl.when(_no_use(rule)).then(unused).when(low_cpu).then(resting).when(pl.col("flat_among_varying") & ~used).then(flat)


def _of_size() -> pl.Expr:
    text = "95th percentile of CPU {} %, {}, {} days observed: both fit into half the size"
    return pl.format(text, _number(pl.col("cpu_p95")), _memory(), pl.col("days_observed"))


def _memory() -> pl.Expr:
    return (
        pl.when(pl.col("memory_follows_cpu"))
        .then(pl.lit("memory comes with it"))
        .when(pl.col("memory_p95").is_null())
        .then(pl.lit("memory unknown"))
        .otherwise(pl.format("memory {} %", _number(pl.col("memory_p95"))))
    )


def _of_price(rule: Rule) -> pl.Expr:
    text = f"{{}} {{}} per unit ({{}}), {{}} in the {rule.period_days} days before: +{{}} %; its price, size or discount changed"
    prices = (_price("unit_price_last"), pl.col("BillingCurrency"), pl.col("usage_unit"), _price("unit_price_before"))
    return pl.format(text, *prices, _number(pl.col("unit_price_change_percent")))


def _number(value: pl.Expr) -> pl.Expr:
    return value.cast(pl.Float64).round(2).cast(pl.String)


def _price(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64).round_sig_figs(6).cast(pl.String)
