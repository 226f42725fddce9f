"""How well the size of a resource is used, from 0 to 100, with its parts.

The formula is our own:

    score     = 100 × fit × (1 + evenness) / 2
    fit       = peak / 80 up to a peak of 80 per cent, 1 − (peak − 80) / 40 above
    peak      = the higher of CPU and memory, 95th percentile of the busiest day, in per cent
    evenness  = mean CPU / CPU at the 95th percentile, at most 1; 1 where both are 0

`fit` says whether the size is right: 1 where a fifth is in reserve at the peak, less where more stays unused or work waits.
Memory counts because a machine is as large as the tighter of the two asks for. `evenness` says how much of the time the size is
needed: a schedule or autoscaling would save the rest, so it decides about half of the score. Money is not in it, as a large and
a small machine of the same use are equally efficient; what an hour of use costs stands beside it.
"""

import polars as pl

from assets.finops.logic.performance.rule import PerformanceRule


def with_score(resources: pl.DataFrame, rule: PerformanceRule) -> pl.DataFrame:
    """Adds `score_peak`, `score_fit`, `score_evenness`, `efficiency_score` and `score_unknown_because`.

    The score is null, with the reason, where CPU or memory is not known on enough days. Memory is not asked of resources whose
    memory comes with their CPU.

    Args:
        resources: Columns `utilisation_status`, `cpu_mean`, `cpu_p95`, `memory_p95`, `memory_follows_cpu`.
        rule: Thresholds.
    """
    memory = pl.when(pl.col("memory_follows_cpu")).then(pl.col("cpu_p95")).otherwise(pl.col("memory_p95"))
    because = (
        pl.when(pl.col("utilisation_status") != "observed")
        .then(pl.format("use is {}", pl.col("utilisation_status")))
        .when(pl.col("cpu_p95").is_null() | pl.col("cpu_mean").is_null())
        .then(pl.lit("CPU is unknown"))
        .when(memory.is_null())
        .then(pl.lit("memory is unknown"))
    )
    known = because.is_null()
    peak = pl.when(known).then(pl.max_horizontal("cpu_p95", memory).clip(0, 100))
    evenness = pl.when(pl.col("cpu_p95") > 0).then((pl.col("cpu_mean") / pl.col("cpu_p95")).clip(0, 1)).otherwise(1.0)
    fit = pl.when(peak <= rule.aim).then(peak / rule.aim).otherwise((1 - (peak - rule.aim) / rule.worst).clip(0, 1))
    return resources.with_columns(
        score_unknown_because=because,
        score_peak=peak,
        score_fit=pl.when(known).then(fit),
        score_evenness=pl.when(known).then(evenness),
    ).with_columns(efficiency_score=100 * pl.col("score_fit") * (1 + pl.col("score_evenness")) / 2)
