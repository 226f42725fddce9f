"""Other people who work on the functions of a roll-out at any of its points: they change, revert and delete; AWS throttles."""

from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

from benchmarks.layers_rollout_cloud import BASE, CANARIES, Case, Killed
from sandbox.aws_lambda_server import ACCOUNT, REGION

_Key = tuple[str, str]
_ACTS = ("memory", "add", "remove", "revert", "give", "delete", "alias")
_AT_A_POINT = 0.04
"""Chance that somebody does something at a point."""
_MOST = 6


@dataclass(slots=True)
class Others:
    """A roll-out with others at work.

    Attributes:
        case: The roll-out.
        random: What they do, and when.
        changes: How many they made.
        overwritten: Functions whose layers the product changed though they were not as it knew them.
        touched: Functions that others changed, but for their memory.
        late: Those of them that the product did not look at since: it cannot tell of these.
        reverted: Those of which others took the product's own change back.
        moved: Those that have what the product gave them.
    """

    case: Case
    random: Random
    changes: int = 0
    overwritten: list[str] = field(default_factory=list)
    touched: set[_Key] = field(default_factory=set)
    late: set[_Key] = field(default_factory=set)
    reverted: set[_Key] = field(default_factory=set)
    moved: set[_Key] = field(default_factory=set)
    _seen: dict[_Key, tuple[str, ...]] = field(default_factory=dict)

    def play(self) -> list[str]:
        """Let it happen; what is wrong with the end."""
        scene = self.case.scene
        scene.aws.cloud.faults.ask("throttle", percent=2, seed=self.random.randrange(1000))
        scene.fuse.arm(self.random.randrange(110) if self.random.random() < 0.5 else None, after=self.random.random() < 0.5)
        scene.fuse.watch = self._at_a_point
        self._seen = self.case.layers()
        try:
            kept = self.case.drive(between=self._compare)
            while kept.state == "held":
                with suppress(Killed):
                    self.case.go_on()
                scene.fuse.arm(None)
                kept = self.case.drive(between=self._compare)
        finally:
            scene.fuse.watch = lambda _: None
        self._compare()
        return [*self.overwritten, *self._unlike(kept.state)]

    def _unlike(self, state: str) -> list[str]:
        """Functions that are not as they have to be: what nobody else touched is as the end says, everything else is reported."""
        kept, now = self.case.kept(), self.case.layers()
        assert kept is not None  # noqa: S101 - it has just ended
        end = self.case.wanted(self.case.former) if state == "rolled out" else self.case.former
        planned = {(move.place.account, move.name): move.arn for move in kept.plan.moves}
        wrong = []
        for key, layers in end.items():
            as_it_has_to_be = now.get(key) == layers
            if key not in self.touched and not as_it_has_to_be:
                wrong.append(f"{state}, and {key} has {now.get(key)}")
            if not as_it_has_to_be and key in planned and planned[key] not in kept.left and key not in self.late:
                wrong.append(f"{state}, and nobody says that {key} was left with {now.get(key)}")
        return wrong

    def _at_a_point(self, point: str) -> None:
        """Before or after a request or a commit: what the product did since is looked at; then somebody may do something."""
        self._compare()
        if point.startswith("after GET"):
            self.late = {key for key in self.late if f"/functions/{key[1]}/configuration" not in point}
        if self.changes < _MOST and self.random.random() < _AT_A_POINT:
            self._act()
            self._seen = self.case.layers()

    def _compare(self) -> None:
        """What the product changed since the last look has to have been as the product knew it, and to be as it is to be."""
        now, former = self.case.layers(), self.case.former
        wanted = self.case.wanted(former)
        for key, layers in now.items():
            before = self._seen.get(key)
            if before is None or before == layers:
                continue
            forward, back = (before, layers) == (former[key], wanted[key]), (before, layers) == (wanted[key], former[key])
            if forward:
                self.moved.add(key)
            if not ((forward and key not in self.reverted) or (back and key in self.moved)):
                self.overwritten.append(f"{key} had {before}, and was given {layers}")
        self._seen = now

    def _act(self) -> None:
        # a roll-out whose canaries are gone before it begins does not begin
        spared = ("apart",) if self.case.kept() else ("apart", *CANARIES)
        there = [key for key in self.case.layers() if key[1] not in spared]
        if not there:
            return
        key = self.random.choice(there)
        account, name = key
        act, client, layers = self.random.choice(_ACTS), self.case.scene.client(account), self.case.layers()[key]
        self.changes += 1
        if act == "memory":
            client.update_function_configuration(FunctionName=name, MemorySize=self.random.randrange(128, 1024))
            return
        self.touched.add(key)
        self.late.add(key)
        if act == "delete":
            client.delete_function(FunctionName=name)
        elif act == "alias":
            self._alias(key)
        else:
            new = self._changed(key, layers, act)
            client.update_function_configuration(FunctionName=name, Layers=list(new))
            if key in self.moved and new == self.case.former[key]:
                self.reverted.add(key)
            self.moved.discard(key)

    def _changed(self, key: _Key, layers: tuple[str, ...], act: str) -> tuple[str, ...]:
        """Layers as somebody wants them."""
        own = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer"
        if act == "add" and key[0] == ACCOUNT and f"{own}:fonts:1" not in layers:
            return (*layers, f"{own}:fonts:1")
        if act == "revert":
            return self.case.former[key]
        if act == "give":
            return self.case.wanted(self.case.former)[key]
        return tuple(arn for arn in layers if not arn.startswith(BASE)) if act == "remove" else layers[::-1]

    def _alias(self, key: _Key) -> None:
        account, name = key
        client = self.case.scene.client(account)
        version = client.publish_version(FunctionName=name)["Version"]
        aliases = [one["Name"] for one in client.list_aliases(FunctionName=name)["Aliases"]]
        if "live" in aliases:
            client.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
