"""Looks how the functions of a wave are doing: their figures of CloudWatch, and calls by way of trial."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from assets.layers.logic.rollout import windows
from assets.layers.logic.rollout.gate import Figures, Judgement, decide, judge
from assets.layers.logic.rollout.plan import Move
from assets.layers.logic.rollout.record import Look, Rollout
from assets.layers.rolling_out.exchanging import DELETED
from assets.layers.rolling_out.moving import Mover, alias_subject
from assets.layers.rolling_out.world import World
from resources.errors import NotFound, PermanentError
from resources.lambda_layers import Function, MetricQuery

_PERIOD = 60


@dataclass(frozen=True, slots=True)
class Watcher:
    """Watches one roll-out.

    Attributes:
        world: What it works with.
        mover: Who knows which functions were moved.
        lag: How long values of CloudWatch take to arrive.
    """

    world: World
    mover: Mover
    lag: timedelta

    def look(self, rollout: Rollout) -> tuple[Look, dict[str, str]] | None:
        """What is to be done about a wave, and which functions say nothing of it any more, with the reason.

        None as long as there is no minute to look at.
        """
        span = windows.since(rollout.since, self.world.clock.now(), self.lag)
        if not span.minutes:
            return None
        moved = [m for m in rollout.plan.moves if m.arn in self.mover.standing.forward and m.arn not in rollout.left]
        seen = {move.arn: self.mover.look(move) for move in moved}
        lost = {move.arn: why for move in moved if (why := _lost(move, seen[move.arn]))}
        there = [move for move in moved if move.arn not in lost]
        wave = self._figures(rollout, [m for m in there if m.wave == rollout.wave], span)
        earlier = self._figures(rollout, [m for m in there if m.wave < rollout.wave], span)
        # CloudWatch dates a failure when its call began: what may still run says nothing yet
        longest = max((now.timeout_seconds for m in there if m.wave == rollout.wave and (now := seen[m.arn])), default=0)
        gate = rollout.settings.gate
        rule = replace(gate, watch_minutes=gate.watch_minutes + longest / 60)
        judgement = judge(wave, rule, earlier=earlier, early=span.minutes < rule.watch_minutes)
        step = decide(judgement, span.minutes, rule)
        return Look(rollout.wave, self.world.clock.now(), span.minutes, step, judgement), lost

    def smoke(self, rollout: Rollout) -> Judgement:
        """Call the functions of the wave once each: those that fail, or cannot be called, condemn it.

        Raises:
            TransientError: The cloud does not answer, which is no failure of theirs.
        """
        failed = []
        for move in rollout.moves(rollout.wave):
            if move.arn not in self.mover.standing.forward:
                continue
            try:
                answer = self.world.service.invoke(move.place, move.name, rollout.settings.smoke)
            except NotFound:
                continue
            except PermanentError as error:
                # a run that ends here would end here every time, with nobody watching
                failed.append(f"{move}: it cannot be called by way of trial: {error}")
                continue
            if answer.error:
                failed.append(f"{move}: called by way of trial, it failed: {answer.payload[:500]}")
        return Judgement("unhealthy" if failed else "healthy", tuple(failed), ())

    def _figures(self, rollout: Rollout, moves: Sequence[Move], span: windows.Span) -> list[Figures]:
        rule = rollout.settings.gate
        past = windows.before(rollout.begun_at, timedelta(minutes=rule.watch_minutes), rule.baseline_windows)
        start = min([span.begin, *(one.begin for one in past)])
        figures = []
        for place in dict.fromkeys(move.place for move in moves):
            here = [move for move in moves if move.place == place]
            ways = [(move, way) for move in here for way in self._ways(move)]
            queries = [
                MetricQuery(move.name, name, rollout.settings.statistic if name == "Duration" else "Sum", way)
                for move, way in ways
                for name in windows.METRICS
            ]
            values = self.world.service.metrics(place, queries, start, span.end, _PERIOD)
            found: dict[str, list[Sequence[windows.Minutes]]] = {}
            for number, (move, _) in enumerate(ways):
                first = number * len(windows.METRICS)
                found.setdefault(str(move), []).append(values[first : first + len(windows.METRICS)])
            figures += [windows.figures(name, parts, span, past) for name, parts in found.items()]
        return figures

    def _ways(self, move: Move) -> list[str]:
        """Resources of CloudWatch by which calls reach the new layer: those of other versions and aliases say nothing of it."""
        aliases = [a.name for a in move.aliases if alias_subject(move, a) in self.mover.standing.forward]
        return [move.name, f"{move.name}:$LATEST", *(f"{move.name}:{alias}" for alias in aliases)]


def _lost(move: Move, seen: Function | None) -> str:
    """Why a function says nothing of the new version any more; empty if it has what it was given."""
    if seen is None:
        return DELETED
    return "" if seen.layers == move.wanted else "others changed its layers after it was moved"
