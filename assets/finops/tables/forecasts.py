"""Tables of cost forecasts: what is expected, how good such forecasts were in the past, and how they came out."""

import polars as pl

from assets.finops.tables.shared import SERIES_KEY
from resources.tables import MONEY, Column, Table

_ORIGIN = Column(
    "origin", pl.Date(), "Last settled day of the newest provider when the forecast was made: its issue.", nullable=False
)
_LEVEL = Column(
    "level",
    pl.String(),
    "`series`; `provider`: all of a cloud in a currency; `currency`: all clouds in a currency.",
    nullable=False,
)
_KEY = (
    *(Column(c.name, c.dtype, f"{c.description[:-1]}; null in totals above it.") for c in SERIES_KEY[:-1]),
    SERIES_KEY[-1],
)
_STATUS = Column(
    "status",
    pl.String(),
    "`ok`; `intermittent`: cost on few days; `ended`: no cost for over 14 days, forecast 0; `not enough history` or "
    "`no deliveries` (its provider delivered nothing for over 14 days): no forecast.",
    nullable=False,
)
_MODEL = Column("model", pl.String(), "Model that the backtest chose; `sum of parts` for totals; null without a forecast.")

COST_FORECASTS = Table(
    name="finops/cost_forecasts",
    description="One row per forecast day, series and total, for every day on which a forecast was made. Per origin and day, the "
    "series add up to the totals, exactly.",
    columns=(
        _ORIGIN,
        Column("x_charge_date", pl.Date(), "UTC day that is forecast.", nullable=False),
        _LEVEL,
        *_KEY,
        Column(
            "last_day_used",
            pl.Date(),
            "Last settled day of the provider (of a total: its newest): the end of the history; null if no day is settled.",
        ),
        Column("point", MONEY, "Expected EffectiveCost (BilledCost where that is unknown); null if it cannot be told."),
        *(
            Column(
                f"{side}_{level}",
                MONEY,
                f"{side.capitalize()} bound of the interval that holds {level} % of outcomes; null if it cannot be told. "
                "Bounds of totals come from the errors of totals: those of parts do not add up.",
            )
            for level in (80, 95)
            for side in ("lower", "upper")
        ),
        _MODEL,
        _STATUS,
        Column(
            "share_without_forecast",
            pl.Float64(),
            "Of the money of the last 14 settled days, the share of series that have no forecast and are left out; a "
            "total of which that is more than a tenth is null.",
        ),
    ),
    partition_by=("origin",),
)

FORECAST_QUALITY = Table(
    name="finops/forecast_quality",
    description="One row per series and total: how good such forecasts were in the backtest, against the seasonal naive forecast "
    "(the same weekday of the week before). A total is judged by its own forecast, where its intervals come from.",
    columns=(
        _ORIGIN,
        _LEVEL,
        *_KEY,
        _MODEL,
        _STATUS,
        Column(
            "history_days",
            pl.Int64(),
            "Known days since the first cost, up to the last settled day; of a total, of its longest series.",
            nullable=False,
        ),
        Column("recent_cost", MONEY, "Cost of the last 14 settled days.", nullable=False),
        Column("origins", pl.Int64(), "Days in the past from which the backtest made forecasts; null without a backtest."),
        Column("points", pl.Int64(), "Days forecast in the backtest that are known.", nullable=False),
        Column("mae", MONEY, "Mean absolute error of a day."),
        Column("mae_seasonal_naive", MONEY, "The same of the seasonal naive forecast."),
        Column("bias", MONEY, "Mean error of a day, forecast − actual: above 0 is too high."),
        Column("mase", pl.Float64(), "Error as a multiple of the seasonal naive error within the history."),
        Column("smape", pl.Float64(), "Symmetric mean absolute percentage error, in per cent."),
        Column("skill", pl.Float64(), "1 − error / error of the seasonal naive forecast: 0 is no better, 1 is perfect."),
        Column(
            "coverage_80",
            pl.Float64(),
            "Share of days inside intervals of 80 % that were told without them, 0 to 1; null if history is too short for it.",
        ),
        Column(
            "coverage_95",
            pl.Float64(),
            "Share of days inside intervals of 95 % that were told without them, 0 to 1; null if history is too short for it.",
        ),
        Column("sum_point", MONEY, "Expected cost of all days of the forecast together; null if a day cannot be told."),
        *(
            Column(
                f"sum_{side}_{level}",
                MONEY,
                f"{side.capitalize()} bound of the interval that holds {level} % of such sums in the backtest; null with less "
                "than five of them. The bounds of days do not add up to it.",
            )
            for level in (80, 95)
            for side in ("lower", "upper")
        ),
    ),
    partition_by=("origin",),
)

FORECAST_VERIFICATION = Table(
    name="finops/forecast_verification",
    description="One row per issue, level, currency and horizon: how forecasts came out, measured on days settled by now.",
    columns=(
        _ORIGIN,
        _LEVEL,
        SERIES_KEY[-1],
        Column("horizon", pl.String(), "Days ahead: `1-7`, `8-14`, `15-30` or `31+`.", nullable=False),
        Column("forecasts", pl.Int64(), "Forecasts of one series or total and day.", nullable=False),
        Column("passed", pl.Int64(), "Those of them whose day is settled.", nullable=False),
        Column("actual", MONEY, "What these cost; null until days have passed."),
        Column("forecast", MONEY, "What was forecast for them; null until days have passed."),
        Column("wape", pl.Float64(), "Sum of absolute errors / sum of absolute costs; null until days have passed."),
        Column("coverage_80", pl.Float64(), "Share inside the 80 % interval, 0 to 1; null until days have passed."),
        Column("coverage_95", pl.Float64(), "Share inside the 95 % interval, 0 to 1; null until days have passed."),
    ),
)
