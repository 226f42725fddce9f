"""The job that rolls a version of a layer out to the functions that use an older one."""

from datetime import timedelta
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from assets.failures import errors_classified
from assets.journal import Journal
from assets.layers import tables
from assets.layers.logic.rollout.gate import GateRule, NoTraffic
from assets.layers.logic.rollout.record import Rollout, Settings
from assets.layers.logic.rollout.waves import WaveRule
from assets.layers.rolling_out.moving import mover
from assets.layers.rolling_out.planning import planned
from assets.layers.rolling_out.reporting import plan_markdown, report_key, rollout_markdown
from assets.layers.rolling_out.rollout import Patience, advance, begin, let_go_on, named, open_rollouts, take_back
from assets.layers.rolling_out.world import World
from resources.clock import Clock
from resources.errors import BadInput, CloudOpsError, PermanentError
from resources.lake import Lake
from resources.lambda_service import LambdaService
from resources.object_store import ObjectStore

_G = GateRule()


class Waves(dg.Config):
    """In which order functions move."""

    canary: list[str] = Field(
        default=[], description="Functions that move first: patterns of NAME, ACCOUNT/REGION/NAME or tag:KEY=VALUE."
    )
    percentages: list[int] = Field(
        default=[10, 50, 100], description="Shares of the others that have moved after each further wave; at last all have."
    )
    tag: str = Field(default="", description="Key of a tag by whose values the others go, instead of by shares.")
    values: list[str] = Field(default=[], description="Values of that tag in their order; functions with none of them are last.")

    def rule(self) -> WaveRule:
        """For the logic. Raises BadInput if it cannot be so."""
        try:
            return WaveRule(tuple(self.canary), tuple(self.percentages), self.tag, tuple(self.values))
        except ValueError as error:
            raise BadInput(str(error), "Correct `waves`; nothing was done.") from error


class Gate(dg.Config):
    """When a wave is healthy."""

    watch_minutes: float = Field(default=_G.watch_minutes, gt=0, description="How long a wave is watched at least.")
    baseline_windows: int = Field(default=_G.baseline_windows, ge=1, description="Windows before, as long, to compare with.")
    minimum_invocations: int = Field(default=_G.minimum_invocations, ge=1, description="Calls that a wave must have had.")
    minimum_share: float = Field(
        default=_G.minimum_share, ge=0, le=1, description="Share of its functions that must have been called."
    )
    level: float = Field(default=_G.level, gt=0, lt=1, description="Chance that a healthy wave is condemned for its errors.")
    error_floor: float = Field(default=_G.error_floor, ge=0, description="Rise of the share of failed calls that matters.")
    error_rate_without_baseline: float = Field(
        default=_G.error_rate_without_baseline,
        ge=0,
        description="Share of failed calls that is too much if none is known before.",
    )
    throttle_floor: float = Field(
        default=_G.throttle_floor, ge=0, description="Rise of the share of throttled calls that matters."
    )
    duration_statistic: str = Field(default="Average", pattern=r"^(Average|Maximum|p\d+(\.\d+)?)$", description="Such as p99.")
    duration_growth: float = Field(default=_G.duration_growth, ge=0, description="Rise of the duration that matters, as a share.")
    duration_floor_ms: float = Field(default=_G.duration_floor_ms, ge=0, description="And in milliseconds.")
    longest_wait_minutes: float = Field(default=_G.longest_wait_minutes, gt=0, description="How long to wait for traffic.")
    on_no_traffic: Literal["hold", "proceed", "roll back"] = Field(default="hold", description="What is done then.")

    def rule(self) -> GateRule:
        """For the logic."""
        on_no_traffic: NoTraffic = self.on_no_traffic
        return GateRule(
            self.watch_minutes, self.baseline_windows, self.minimum_invocations, self.minimum_share, self.level, self.error_floor,
            self.error_rate_without_baseline, self.throttle_floor, self.duration_growth, self.duration_floor_ms,
            self.longest_wait_minutes, on_no_traffic,
        )  # fmt: skip


class RolloutConfig(dg.Config):
    """What to roll out, and whether to act."""

    mode: Literal["plan", "apply", "continue", "go on", "roll back"] = Field(
        default="plan",
        description="`plan` only says what would be done; `apply` begins a roll-out, or goes on with it; `continue` goes on with "
        "all that are under way; `go on` and `roll back` say what becomes of the last one of the layer, or of `rollout`.",
    )
    layer: str = Field(default="", description="Name of the layer; not needed to continue.")
    from_version: int = Field(default=0, ge=0, description="Number of the version that is replaced; 0 for every older one.")
    to_version: int = Field(
        default=0,
        ge=0,
        description="Number of the new version, in the first place that has the layer; elsewhere its content counts.",
    )
    to_sha256: str = Field(default="", description="Hash of the new version's zip instead, hexadecimal or base64.")
    places: list[str] = Field(default=["*"], description="ACCOUNT/REGION patterns of the functions that move.")
    waves: Waves = Field(default_factory=Waves, description="In which order functions move.")
    gate: Gate = Field(default_factory=Gate, description="When a wave is healthy.")
    aliases: Literal["report", "move"] = Field(
        default="report", description="Whether aliases whose version has the code of $LATEST follow their functions."
    )
    smoke_payload: str = Field(
        default="",
        description="JSON that the functions of the first wave are called with by way of trial; empty if they are not.",
    )
    again: bool = Field(default=False, description="Whether a version may be rolled out that was rolled back before.")
    rollout: str = Field(default="", description="Which roll-out is to go on or back, if not the last one of the layer.")
    wait_seconds: float = Field(default=0, ge=0, description="How long this run waits for waves; the next run goes on then.")
    poll_seconds: float = Field(default=60, gt=0, description="Between two looks of a run that waits.")
    metric_lag_seconds: float = Field(default=120, ge=0, description="How long values of CloudWatch take to arrive.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")

    def settings(self) -> Settings:
        """For the logic. Raises BadInput if it is not said what to roll out."""
        if not self.layer or bool(self.to_version) == bool(self.to_sha256):
            raise BadInput("say the layer, and either to_version or to_sha256", "Nothing was done.")
        return Settings(
            self.layer, self.from_version or None, self.to_version or None, self.to_sha256, tuple(self.places), self.waves.rule(),
            self.gate.rule(), self.gate.duration_statistic, self.aliases, self.smoke_payload,
        )  # fmt: skip

    def patience(self) -> Patience:
        """How long the run waits."""
        return Patience(*(timedelta(seconds=s) for s in (self.wait_seconds, self.poll_seconds, self.metric_lag_seconds)))


@dg.op(
    description="Plans the roll-out of a layer's version, and with `mode: apply` moves its users wave by wave, watches each, "
    "and gives every function its former layers again if one is not healthy.",
    pool="lambda",
)
def roll_out_layer(
    context: dg.OpExecutionContext,
    config: RolloutConfig,
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
    report_store: dg.ResourceParam[ObjectStore],
    lambda_service: dg.ResourceParam[LambdaService],
) -> None:
    """Plan, print the plan, and act only if told to. A repeat goes on where the last run was, and does nothing twice."""
    with errors_classified():
        if missing := lambda_service.missing():
            raise BadInput("Lambda cannot be asked", missing)
        world = World(lambda_service, lake, Journal(lake, tables.JOURNAL, context.run_id, config.by), clock, report_store)
        if config.mode == "plan":
            made = planned(world, config.settings())
            told = plan_markdown(made.plan)
            context.log.info("plan\n%s", told)
            figures = {"moves": len(made.plan.moves), "waves": made.plan.waves, "left": len(made.plan.left)}
            context.add_output_metadata({"mode": config.mode, "plan": dg.MetadataValue.md(told), **figures})
            return
        ended, lost = _continued(world, config) if config.mode == "continue" else (_asked(context, world, config), None)
        context.add_output_metadata({"mode": config.mode, "rollouts": len(ended)} | _metadata(world, ended))
        if lost is not None:
            raise lost
        if config.mode != "roll back" and (bad := [one for one in ended if one.state in ("held", "rolled back")]):
            said = "; ".join(f"{one.id} is {one.state}: {one.reason}" for one in bad)
            raise PermanentError(said, f"Read {', '.join(report_key(one.id) for one in bad)}.")


def _continued(world: World, config: RolloutConfig) -> tuple[list[Rollout], CloudOpsError | None]:
    """All roll-outs that go on, after this run, and what kept one of them from it: that keeps no other."""
    ended, lost = [], None
    for one in open_rollouts(world):
        try:
            ended.append(advance(world, one, config.patience()))
        except CloudOpsError as error:
            lost = error
    return ended, lost


def _asked(context: dg.OpExecutionContext, world: World, config: RolloutConfig) -> list[Rollout]:
    """The roll-out that the config names, after this run."""
    if config.mode == "apply":
        found = begin(world, config.settings(), config.by, again=config.again)
        if not isinstance(found, Rollout):
            context.log.info("nothing moves\n%s", plan_markdown(found.plan))
            return []
    else:
        found = named(world, config.layer, config.rollout)
        found = (take_back if config.mode == "roll back" else let_go_on)(world, found, config.by)
    return [advance(world, found, config.patience())]


def _metadata(world: World, ended: list[Rollout]) -> dict[str, Any]:
    """What the run says of roll-outs."""
    said: dict[str, Any] = {}
    for one in ended:
        told = rollout_markdown(one, mover(world, one).standing)
        head = f"**{one.id}: {one.state}** (wave {one.wave} of {one.plan.waves}) {one.reason}"
        said[one.settings.layer] = dg.MetadataValue.md(f"{head}\n\n{told}")
        said[f"{one.settings.layer} report"] = report_key(one.id)
    return said


@dg.job(
    description="Rolls a version of a layer out in waves, each watched before the next, with every function's way back; only "
    "plans unless told to apply.",
    run_tags={"domain": "layers"},
)
def layer_rollout() -> None:
    """Plan a roll-out, go on with it, or take it back."""
    roll_out_layer()
