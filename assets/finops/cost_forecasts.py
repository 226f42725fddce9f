"""The asset of cost forecasts."""

import dagster as dg
import polars as pl
from pydantic import Field

from assets.catalogue import markdown_table, picture, table_metadata
from assets.charts import png
from assets.failures import errors_classified
from assets.finops import tables
from assets.finops.automation import WHEN_COSTS_CHANGED
from assets.finops.logic.forecasts import quality
from assets.finops.logic.forecasts.calendar import CALENDAR_KEY, UnknownCountry, named_days
from assets.finops.logic.forecasts.cost_forecasts import CostForecasts, InAdvance, forecast_costs
from assets.finops.logic.forecasts.given import BadRow
from assets.finops.logic.forecasts.picture import charts
from assets.finops.logic.forecasts.planned import PLANNED_STEPS_KEY, Step, planned_steps
from assets.finops.logic.forecasts.verification import verified
from resources.clock import Clock
from resources.errors import BadInput, NotFound
from resources.lake import Lake
from resources.object_store import ObjectStore

_KEY = dg.AssetKey(["finops", "cost_forecasts"])
_NOTHING = "not enough history"


class Forecasting(dg.Config):
    """How far to look ahead, and which calendars matter."""

    horizon_days: int = Field(default=30, ge=1, le=366, description="Number of days to forecast.")
    countries: list[str] = Field(
        default=[],
        description="Countries, or their subdivisions, whose public holidays change costs: ISO 3166 codes such as DE or DE-BY.",
    )
    workers: int = Field(default=1, ge=1, description="Processes; the forecasts do not depend on it.")


@dg.asset(
    key=_KEY,
    group_name="finops",
    owners=["team:finops"],
    kinds={"python", "numpy", "deltalake"},
    metadata=table_metadata(tables.COST_FORECASTS),
    deps=[dg.AssetKey(["finops", "daily_costs"])],
    automation_condition=WHEN_COSTS_CHANGED,
    check_specs=[
        dg.AssetCheckSpec(
            "parts_add_up",
            asset=_KEY,
            blocking=True,
            description="On every day, each total is the exact sum of its series.",
        ),
        dg.AssetCheckSpec(
            "intervals_are_calibrated",
            asset=_KEY,
            description="In the backtest, the intervals of 95 % held between 90 and 99 % of all days.",
        ),
        dg.AssetCheckSpec(
            "better_than_seasonal_naive",
            asset=_KEY,
            description="In the backtest, the forecasts err less, in money of each currency, than repeating the last week.",
        ),
    ],
)
def cost_forecasts(config: Forecasting, lake: Lake, inputs_store: ObjectStore, clock: Clock) -> dg.MaterializeResult:
    """What the next days will cost, per series and in total, with intervals that were measured on the past.

    Each issue is kept under its `origin`, the last settled day it knew. How good such forecasts were in the backtest goes to
    `finops/forecast_quality`; how those of the past came out, to `finops/forecast_verification`. Planned steps and days that
    matter are read from `finops/planned_steps.csv` and `finops/calendar.csv` among the inputs, where they exist.
    """
    daily = lake.scan(tables.DAILY_COSTS).collect()
    with errors_classified():
        found = _forecast(daily, config, inputs_store, clock)
    if not found.forecasts.is_empty():
        issue = f"origin = '{found.forecasts['origin'].item(0)}'"
        lake.replace(tables.COST_FORECASTS, found.forecasts, where=issue)
        lake.replace(tables.FORECAST_QUALITY, found.quality, where=issue)
    past = verified(lake.scan(tables.COST_FORECASTS).collect(), daily, clock.today())
    lake.replace(tables.FORECAST_VERIFICATION, past, where=None)
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(found.forecasts),
            **_told(found),
            "came_out": markdown_table(_newest(past)),
            **_pictures(found.forecasts, daily),
        },
        check_results=[_adds_up(_stored(lake, found)), _calibrated(found.quality), _better(found.quality)],
    )


def _forecast(daily: pl.DataFrame, config: Forecasting, inputs_store: ObjectStore, clock: Clock) -> CostForecasts:
    """The forecasts. Raises BadInput if what was given in advance cannot be used."""
    try:
        steps = planned_steps(_given(inputs_store, PLANNED_STEPS_KEY, b"date"))
        days = named_days(_given(inputs_store, CALENDAR_KEY, b"date,name"))
        known = InAdvance(config.countries, days, steps)
        return forecast_costs(daily, clock.today(), known, horizon=config.horizon_days, workers=config.workers)
    except BadRow as error:
        raise BadInput(error.message, error.advice) from error
    except UnknownCountry as error:
        raise BadInput(str(error), "Write ISO 3166 codes in `countries`, such as DE, or DE-BY for a subdivision.") from error


def _given(store: ObjectStore, key: str, otherwise: bytes) -> bytes:
    """A file that a person may have put among the inputs."""
    try:
        return store.get(key)
    except NotFound:
        return otherwise


def _stored(lake: Lake, found: CostForecasts) -> pl.DataFrame:
    """This issue as it is in the lake."""
    return lake.scan(tables.COST_FORECASTS).filter(pl.col("origin").is_in(found.forecasts["origin"].unique().implode())).collect()


def _told(found: CostForecasts) -> dict[str, dg.MetadataValue | str]:
    status = found.quality.filter(pl.col("level") == "series").group_by("status").agg(series=pl.len())
    measures = ("points", "mase", "smape", "skill", "coverage_80", "coverage_95")
    totals = found.quality.filter(pl.col("level") != "series").select("level", "ProviderName", "BillingCurrency", *measures)
    return {
        "origin": str(found.forecasts["origin"].item(0)) if len(found.forecasts) else _NOTHING,
        "series": dg.MetadataValue.json(dict(status.sort("status").iter_rows())),
        "totals": markdown_table(_rounded(quality.totals_of_the_span(found.forecasts))),
        "money_by_model": markdown_table(_rounded(quality.money_by_model(found.forecasts))),
        "quality_of_totals": markdown_table(totals.with_columns(pl.col(pl.Float64).round(3))),
        "planned_steps_without_series": markdown_table(_steps(found.idle_steps)),
    }


def _pictures(forecasts: pl.DataFrame, daily: pl.DataFrame) -> dict[str, dg.MetadataValue]:
    """A chart per currency, for the asset's page."""
    return {f"forecast_{currency}": picture(currency, png(spec)) for currency, spec in charts(forecasts, daily).items()}


def _rounded(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("forecast").round(2).cast(pl.Decimal(38, 2)))


def _steps(steps: tuple[Step, ...]) -> pl.DataFrame:
    named = [{"line": s.line, "date": s.day, "for": ", ".join(f"{n} {v}" for n, v in s.selectors.items())} for s in steps]
    return pl.DataFrame(named, schema={"line": pl.Int64, "date": pl.Date, "for": pl.String})


def _newest(past: pl.DataFrame) -> pl.DataFrame:
    """The newest issue of which days have passed."""
    passed = past.filter(pl.col("passed") > 0)
    figures = passed.filter(pl.col("origin") == pl.col("origin").max()).select(
        "origin", "level", "BillingCurrency", "horizon", "passed", "wape", "coverage_80", "coverage_95"
    )
    return figures.with_columns(pl.col(pl.Float64).round(3))


def _adds_up(stored: pl.DataFrame) -> dg.AssetCheckResult:
    wrong = quality.differences(stored)
    return dg.AssetCheckResult(
        check_name="parts_add_up",
        passed=wrong.is_empty(),
        metadata={"rows": len(stored), "differences": markdown_table(wrong)},
    )


def _calibrated(measured: pl.DataFrame) -> dg.AssetCheckResult:
    pooled, totals = quality.calibration(measured), quality.calibration(measured, "currency")
    return dg.AssetCheckResult(
        check_name="intervals_are_calibrated",
        passed=pooled.holds,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "points": pooled.points,
            "coverage_95": _share(pooled.coverage_95),
            "coverage_80": _share(pooled.coverage_80),
            "coverage_95_of_totals": _share(totals.coverage_95),
            "points_of_totals": totals.points,
        },
    )


def _better(measured: pl.DataFrame) -> dg.AssetCheckResult:
    skills = quality.skill_by_currency(measured)
    return dg.AssetCheckResult(
        check_name="better_than_seasonal_naive",
        passed=all(skill > 0 for skill in skills.values()),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"skill": dg.MetadataValue.json({c: round(s, 4) for c, s in skills.items()}) if skills else _NOTHING},
    )


def _share(share: float | None) -> float | str:
    return _NOTHING if share is None else round(share, 4)
