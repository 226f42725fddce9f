"""How far a database has come in a set of migrations, and what is to be run next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from assets.fleet.logic.migrations.files import Migration, checksum_of, order_of
from assets.fleet.logic.migrations.splitting import Statement

BEGUN, DONE, FAILED, MARKED = "begun", "done", "failed", "marked"
"""States of a statement; `marked` is one that somebody said is to count as done."""
Answer = Literal["run again", "count as done"]


@dataclass(frozen=True, slots=True)
class Step:
    """A statement that was begun.

    Attributes:
        checksum: Of its text.
        state: `begun`, `done`, `failed` or `marked`.
        error: What it failed with.
    """

    checksum: str
    state: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """A migration that was begun in the database.

    Attributes:
        version: Its version.
        file: Name of its file then.
        checksum: Of its file then.
        statements: How many it had.
        is_done: Whether all of them are done.
        steps: Its statements that were begun, by their number from 1.
    """

    version: str
    file: str
    checksum: str
    statements: int
    is_done: bool
    steps: Mapping[int, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resume:
    """What somebody decided about a statement that failed, or whose end nobody knows: `at` is `version/number`."""

    at: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Todo:
    """A migration that is to be run.

    Attributes:
        migration: Which.
        numbers: Its statements to be run, from 1.
        marks: Those that are counted as done from now on.
        is_begun: Whether the database knows it already.
    """

    migration: Migration
    numbers: tuple[int, ...]
    marks: tuple[int, ...] = ()
    is_begun: bool = False

    def statement(self, number: int) -> Statement:
        """A statement by its number, from 1."""
        return self.migration.statements[number - 1]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is to be done.

    Attributes:
        done: Versions that the database has had.
        todo: What is to be run, in its order.
        drift: Where files and database do not agree: nothing is run.
        stuck: The statement that somebody has to decide about: nothing is run.
    """

    done: tuple[str, ...]
    todo: tuple[Todo, ...]
    drift: tuple[str, ...] = ()
    stuck: str = ""

    @property
    def refused(self) -> str:
        """Why nothing may be run; empty if something may."""
        return "; ".join([*self.drift, *([self.stuck] if self.stuck else [])])

    def text(self) -> str:
        """For people: every statement that would be run."""
        lines = [f"{len(self.done)} done: {', '.join(self.done) or 'none'}"]
        for one in self.todo:
            lines.append(f"{one.migration.file} ({len(one.numbers)} of {len(one.migration.statements)} statements)")
            for number in one.numbers:
                lines.append(f"-- {one.migration.version}/{number}, line {one.statement(number).line}")
                lines.append(one.statement(number).text)
            lines += [f"-- {one.migration.version}/{number} is counted as done" for number in one.marks]
        if not self.todo:
            lines.append("nothing to run")
        return "\n".join([*lines, *([f"REFUSED: {self.refused}"] if self.refused else [])])


def progress(
    migrations: Sequence[Migration], applied: Sequence[Applied], resume: Resume | None = None, *, out_of_order: bool = False
) -> Progress:
    """What a database needs.

    Args:
        migrations: Files, in their order.
        applied: What the database has had.
        resume: What was decided about a statement that is stuck.
        out_of_order: Whether one that is older than what the database has had may be run.
    """
    known = {order_of(one.version): one for one in applied}
    files = {one.order: one for one in migrations}
    drift = _drift(files, known, out_of_order=out_of_order)
    stuck, todo = "", []
    for one in migrations:
        before = known.get(one.order)
        if before is not None and before.is_done:
            continue
        if before is None:
            todo.append(Todo(one, tuple(range(1, len(one.statements) + 1))))
            continue
        changed, why, rest = _continued(one, before, resume)
        drift += changed
        stuck = stuck or why
        todo.append(rest)
    done = tuple(one.version for one in sorted(applied, key=lambda a: order_of(a.version)) if one.is_done)
    if resume is not None and not any(_place(t, n) == resume.at for t in todo for n in (*t.numbers, *t.marks)):
        stuck = stuck or f"resume is about {resume.at}, which is not stuck"
    return Progress(done, tuple(todo), tuple(drift), stuck)


def _drift(
    files: Mapping[tuple[int, ...], Migration], known: Mapping[tuple[int, ...], Applied], *, out_of_order: bool
) -> list[str]:
    found = []
    for order, before in sorted(known.items()):
        now = files.get(order)
        if now is None:
            found.append(f"{before.file} was applied, and is not there any more")
        elif before.is_done and now.checksum != before.checksum:
            found.append(f"{now.file} was changed after it was applied")
    newest = max(known, default=())
    late = [one.file for order, one in sorted(files.items()) if order not in known and order < newest]
    if late and not out_of_order:
        found.append(f"{', '.join(late)}: a newer migration was applied before")
    return found


def _continued(one: Migration, before: Applied, resume: Resume | None) -> tuple[list[str], str, Todo]:
    """The rest of a migration that was begun: where it drifted, where it is stuck, and what is left."""
    total = len(one.statements)
    run = sorted(number for number, step in before.steps.items() if step.state != FAILED)
    drift = [f"{one.file} lost statement {number}, which was run already" for number in run if number > total]
    stuck, numbers, marks = "", [], []
    for number, statement in enumerate(one.statements, 1):
        step = before.steps.get(number)
        if step is not None and step.state in (DONE, MARKED):
            if step.state == DONE and step.checksum != checksum_of(statement.text):
                drift.append(f"{one.file}: statement {number} was changed after it was run")
            continue
        answer = resume.answer if resume is not None and resume.at == f"{one.version}/{number}" else None
        if step is not None and answer is None:
            ended = f"failed with {step.error}" if step.state == FAILED else "was begun, and nobody knows how it ended"
            stuck = stuck or (
                f"{one.file}: statement {number} of {total} {ended}; decide about {one.version}/{number} by `resume`:"
                " run again, or count as done"
            )
        if answer == "count as done":
            marks.append(number)
        else:
            numbers.append(number)
    return drift, stuck, Todo(one, tuple(numbers), tuple(marks), is_begun=True)


def _place(todo: Todo, number: int) -> str:
    return f"{todo.migration.version}/{number}"
