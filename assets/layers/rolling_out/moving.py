"""Moves functions and the aliases that follow them, and takes them back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assets.journal import DONE, Begun
from assets.layers.logic.rollout.plan import AliasMove, Move
from assets.layers.logic.rollout.record import Rollout
from assets.layers.logic.rollout.standing import Standing, standing
from assets.layers.rolling_out.exchanging import DELETED, DOUBTFUL, REFUSED, Exchange, Exchanger, Outcome, Seen
from assets.layers.rolling_out.records import WELL
from assets.layers.rolling_out.world import SYSTEM, World
from resources.errors import Conflict, Denied, NotFound, PermanentError
from resources.lambda_layers import Function, LayerArn

SET, PUBLISH, POINT = "set layers", "publish version", "set alias"
_OPERATIONS = (SET, PUBLISH, POINT)


@dataclass(frozen=True, slots=True)
class Mover:
    """Moves functions of one roll-out.

    Attributes:
        exchanger: Who exchanges their layers.
        there: Whether old versions of the layer can still be given to anybody, as far as it was looked.
    """

    exchanger: Exchanger
    there: dict[str, bool] = field(default_factory=dict)

    @property
    def standing(self) -> Standing:
        """What was made so far."""
        return self.exchanger.standing

    def forward(self, move: Move) -> Outcome:
        """Give a function its new layers, if AWS would still give it the former ones again."""
        gone = [arn for arn in move.former if arn not in move.wanted and not self._is_there(arn)]
        if gone and move.arn not in self.standing.forward:
            return Outcome("left", f"{', '.join(gone)} cannot be read any more: there would be no way back")
        return self.exchanger.exchange(self._layers(move, move.former, move.wanted, ""), "forward")

    def back(self, move: Move) -> Outcome:
        """Give a function its former layers again, exactly; for one that this roll-out moved."""
        return self.exchanger.exchange(self._layers(move, move.wanted, move.former, ": way back"), "back")

    def forward_alias(self, move: Move, alias: AliasMove) -> Outcome:
        """Publish a function that was moved, and let an alias point to that version."""
        if alias_subject(move, alias) in self.standing.forward:
            return Outcome("made")
        now = self.look(move)
        if now is None:
            return Outcome("left", DELETED)
        as_planned = (move.wanted, alias.code_sha256, alias.settings_sha256)
        if (now.layers, now.code_sha256, now.settings_sha256) != as_planned:
            return Outcome("left", "others changed $LATEST: what would be published is not what the alias calls")
        if not now.is_ready:
            return Outcome("not ready", "an update of its function is under way")
        try:
            published = self._published(move, alias, now)
        except (Conflict, NotFound) as error:
            return Outcome("left", f"others changed $LATEST while it was published: {error.message}")
        except PermanentError as error:
            return Outcome("refused", f"{REFUSED}{error}")
        return self.exchanger.exchange(self._pointing(move, alias, _former(alias), _pointed(published.version), ""), "forward")

    def back_alias(self, move: Move, alias: AliasMove) -> Outcome:
        """Let an alias that this roll-out moved point again to where it did, exactly."""
        made = self.standing.forward[alias_subject(move, alias)]
        known = _pointed(made["version"], made["weights"])
        return self.exchanger.exchange(self._pointing(move, alias, known, _former(alias), ": way back"), "back")

    def look(self, move: Move) -> Function | None:
        """A function as it is; None if it is gone."""
        try:
            return self._world.service.function(move.place, move.name)
        except NotFound:
            return None

    def _is_there(self, arn: str) -> bool:
        if arn not in self.there:
            try:
                self._world.service.layer_version(LayerArn.parsed(arn))
            except (NotFound, Denied):
                self.there[arn] = False
            else:
                self.there[arn] = True
        return self.there[arn]

    @property
    def _world(self) -> World:
        return self.exchanger.world

    def _about(self, move: Move) -> str:
        return f"roll-out {self.exchanger.rollout.id}, wave {move.wave}"

    def _layers(self, move: Move, known: tuple[str, ...], wanted: tuple[str, ...], more: str) -> Exchange:
        return Exchange(
            SET, move.arn, _listed(known), _listed(wanted), lambda: self._seen(move),
            lambda revision: self._world.service.set_layers(move.place, move.name, wanted, revision), self._about(move) + more,
        )  # fmt: skip

    def _pointing(self, move: Move, alias: AliasMove, known: dict[str, Any], wanted: dict[str, Any], more: str) -> Exchange:
        def change(revision: str) -> object:
            return self._world.service.set_alias(
                move.place, move.name, alias.name, wanted["version"], wanted["weights"], revision
            )  # fmt: skip

        return Exchange(
            POINT, alias_subject(move, alias), known, wanted, lambda: self._seen_alias(move, alias), change,
            self._about(move) + more,
        )  # fmt: skip

    def _published(self, move: Move, alias: AliasMove, now: Function) -> Function:
        """Its new version; AWS gives the one that is there if nothing changed since, so that a repeat makes no second one."""
        wanted = {"code_sha256": alias.code_sha256, **_listed(move.wanted)}
        begun = self.exchanger.begin(PUBLISH, _publishing(move), None, wanted, "forward", self._about(move))
        try:
            published = self._world.service.publish_version(
                move.place, move.name, alias.code_sha256, now.revision, f"cloudops: {self._about(move)}"
            )
        except PermanentError as error:
            self.exchanger.end(begun, f"failed: {error}")
            raise
        self.exchanger.end(begun, DONE)
        return published

    def _seen(self, move: Move) -> Seen | None:
        now = self.look(move)
        return None if now is None else Seen(_listed(now.layers), now.revision, now.is_ready)

    def _seen_alias(self, move: Move, alias: AliasMove) -> Seen | None:
        try:
            found = self._world.service.aliases(move.place, move.name)
        except NotFound:
            return None
        now = next((one for one in found if one.name == alias.name), None)
        return None if now is None else Seen(_pointed(now.version, now.weights), now.revision)

    def settle(self, begun: Begun) -> None:
        """See what became of a change that was cut off."""
        move, alias = self._subjects[begun.change.subject]
        if begun.change.operation == PUBLISH:
            self.exchanger.settle(begun, self._newest(move))
        else:
            self.exchanger.settle(begun, self._seen(move) if alias is None else self._seen_alias(move, alias))

    def _newest(self, move: Move) -> Seen | None:
        """What was last published of a function."""
        everything = self._world.service.functions(move.place, all_versions=True)
        published = [one for one in everything if one.arn == move.arn and one.version.isdecimal()]
        newest = max(published, key=lambda one: int(one.version), default=None)
        return None if newest is None else Seen({"code_sha256": newest.code_sha256, **_listed(newest.layers)}, "")

    @property
    def _subjects(self) -> dict[str, tuple[Move, AliasMove | None]]:
        moves = self.exchanger.rollout.plan.moves
        found: dict[str, tuple[Move, AliasMove | None]] = {
            subject: (move, None) for move in moves for subject in (move.arn, _publishing(move))
        }  # fmt: skip
        return found | {alias_subject(move, alias): (move, alias) for move in moves for alias in move.aliases}


def mover(world: World, rollout: Rollout) -> Mover:
    """Who moves functions of a roll-out, after it was looked what became of changes that were cut off."""
    found = Mover(Exchanger(world, rollout))
    for begun in world.journal.cut_off(SYSTEM, _OPERATIONS):
        if (begun.change.after or {}).get("rollout") == rollout.id:
            found.settle(begun)
    rows = world.journal.rows([SET, POINT]).sort("at", maintain_order=True).to_dicts()
    return Mover(Exchanger(world, rollout, standing(rows, rollout.id, WELL, DOUBTFUL)))


def alias_subject(move: Move, alias: AliasMove) -> str:
    """Name of an alias in the journal: its ARN."""
    return f"{move.arn}:{alias.name}"


def _publishing(move: Move) -> str:
    return f"{move.arn}:$LATEST"


def _listed(layers: tuple[str, ...]) -> dict[str, Any]:
    return {"layers": list(layers)}


def _pointed(version: str, weights: Mapping[str, float] | None = None) -> dict[str, Any]:
    return {"version": version, "weights": dict(weights or {})}


def _former(alias: AliasMove) -> dict[str, Any]:
    return _pointed(alias.version, alias.weights)
