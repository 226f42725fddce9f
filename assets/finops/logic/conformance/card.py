"""The score card: every rule of FOCUS 1.2 judged over the charge lines of one provider.

How a rule comes to its result, in this order:

* A rule that the provider's abilities exclude (`criteria`), or whose keyword is MAY, is `not applicable`: nothing can break it.
* Presence is judged against the source: a column that it did not give fails, though it is a typed NULL column in the table. Other
  rules about such a column are `not applicable`, so its absence counts once. In conditions it is null, which it is.
* A check function that is not known here, or a rule that lines alone cannot decide, is `not checked`.
* A rule that no line is about (no line meets its condition, or its column is null in every line) is `not applicable`.
* Otherwise it passes or fails. Nulls are judged by the rules of nullability alone. A SHOULD that is not kept is a `fail` too; the
  keyword says how much it weighs.
* A composite fails if one of its items fails, passes if none fails and one passes, and otherwise is `not checked` if an item is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from typing import Any

import polars as pl

from assets.finops.logic.columns import BY_NAME
from assets.finops.logic.conformance.added import added_check, why_unchecked
from assets.finops.logic.conformance.checks import (
    Schema,
    UnknownCheckError,
    group_check,
    is_group_check,
    is_type_check,
    row_check,
    type_passes,
)
from assets.finops.logic.conformance.criteria import unsupported
from assets.finops.logic.conformance.rules import COMPOSITE, Check, Rule, load_rules

PASS, FAIL, NOT_APPLICABLE, NOT_CHECKED = "pass", "fail", "not applicable", "not checked"
RESULTS = (PASS, FAIL, NOT_APPLICABLE, NOT_CHECKED)

_DTYPES = {"decimal": pl.Decimal(38, 24), "datetime": pl.Datetime("us", "UTC")}
_PLACE = ("x_source_file", "x_source_row")
_ROW = "row number"
_JUDGED, _FAILING = "judged:", "failing:"
_FIRST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class RuleResult:
    """One row of the table `finops/focus_conformance`; see there for the fields."""

    ProviderName: str
    rule_id: str
    column: str
    keyword: str
    result: str
    rows_failing: int | None = None
    example: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    """A rule that has to be put to the lines.

    Attributes:
        rule: The rule.
        about: Lines that it is about; None for all.
        check: What they have to meet; None if they are only counted.
        values_only: It is about all lines where its column has a value.
    """

    rule: Rule
    about: pl.Expr | None
    check: Check | None
    values_only: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    judged: int
    failing: int
    example: str | None = None


def evaluate(
    lines: pl.LazyFrame, provider: str, *, absent: frozenset[str], rules: Sequence[Rule] | None = None
) -> list[RuleResult]:
    """Judge every rule over the lines of one provider.

    The lines are read streaming: once for all counts, then for the example rows. Their order has to be the same each time, as it
    is for files and for tables of one version.

    Args:
        lines: Charge lines of one ProviderName. A FOCUS column that they lack counts as absent.
        provider: That ProviderName, in any usual spelling; decides which criteria apply.
        absent: FOCUS columns that the source did not give.
        rules: The rules; by default all of FOCUS 1.2.

    Returns:
        One result per rule, in the order of the rules.
    """
    rules = load_rules() if rules is None else rules
    given = lines.collect_schema()
    missing = [name for name in BY_NAME if name not in given]
    lines = lines.with_columns(pl.lit(None, dtype=_DTYPES.get(BY_NAME[name].kind, pl.String())).alias(name) for name in missing)
    judge = _Judge(lines, provider, lines.collect_schema(), absent | set(missing))
    return judge.results(rules)


@dataclass(frozen=True, slots=True)
class _Judge:
    lines: pl.LazyFrame
    provider: str
    schema: Schema
    absent: frozenset[str]

    def results(self, rules: Sequence[Rule]) -> list[RuleResult]:
        found: dict[str, RuleResult] = {}
        questions = []
        for rule in rules:
            step = self._first_look(rule)
            if isinstance(step, RuleResult):
                found[rule.rule_id] = step
            elif step is not None:
                questions.append(step)
        answers = self._ask(questions)
        found |= {q.rule.rule_id: self._verdict(q, answers[q.rule.rule_id]) for q in questions}
        by_id = {rule.rule_id: rule for rule in rules}
        return [self._settled(rule, by_id, found) for rule in rules]

    def _result(self, rule: Rule, result: str, reason: str | None = None, **more: Any) -> RuleResult:  # noqa: ANN401
        return RuleResult(self.provider, rule.rule_id, rule.column, rule.keyword, result, reason=reason, **more)

    def _first_look(self, rule: Rule) -> RuleResult | _Question | None:
        """The result, if no line has to be read for it; None for composites, which wait for their items."""
        if lacking := sorted(unsupported(self.provider).intersection(rule.criteria)):
            reason = f"{self.provider} does not meet {', '.join(lacking)}"
            return self._result(rule, NOT_APPLICABLE, reason)
        if rule.keyword == "MAY":
            return self._result(rule, NOT_APPLICABLE, "MAY permits, so nothing can break it")
        if rule.function == COMPOSITE:
            return None
        if rule.check is not None and rule.check.function == "ColumnPresent":
            return self._result(rule, FAIL if rule.check.columns[0] in self.absent else PASS)
        if rule.column in self.absent:
            return self._result(rule, NOT_APPLICABLE, f"the source does not give {rule.column}")
        try:
            return self._about_lines(rule)
        except UnknownCheckError as error:
            return self._result(rule, NOT_CHECKED, f"check function {error} is not known")

    def _about_lines(self, rule: Rule) -> RuleResult | _Question:
        check, conditions = rule.check, rule.conditions
        if check is None and (added := added_check(rule)):
            check, conditions = added[0], conditions + added[1]
        if check is not None and is_type_check(check):
            return self._typed(rule, check)
        if check is not None and (absent := self.absent & check.all_columns):
            check = self._given_part(check)
            if check is None:
                return self._result(rule, NOT_APPLICABLE, f"the source does not give {', '.join(sorted(absent))}")
        if check is not None and not is_group_check(check):
            row_check(check, self.schema)  # raises now if it cannot be asked
        values_only = _judges_values(rule, check)
        about = [row_check(c, self.schema) for c in conditions]
        about += [pl.col(rule.column).is_not_null()] if values_only else []
        return _Question(rule, pl.all_horizontal(about) if about else None, check, values_only and not conditions)

    def _typed(self, rule: Rule, check: Check) -> RuleResult:
        if type_passes(check, self.schema):
            return self._result(rule, PASS)
        return self._result(rule, FAIL, example=f"stored as {self.schema[check.columns[0]]}")

    def _given_part(self, check: Check) -> Check | None:
        """Of a check that asks the same of several columns, the part about those that the source gives; None if there is none."""
        if check.function != "AND" or len({item.function for item in check.items}) > 1:
            return None
        items = tuple(item for item in check.items if not self.absent & item.all_columns)
        return Check("AND", items=items) if items else None

    def _ask(self, questions: Sequence[_Question]) -> dict[str, _Answer]:
        rows = [q for q in questions if q.check is None or not is_group_check(q.check)]
        groups = [(q, q.check) for q in questions if q.check is not None and is_group_check(q.check)]
        queries = [self.lines.select(pl.len().alias(_ROW), *(e for q in rows for e in self._counts(q)))]
        for question, check in groups:
            some = self.lines if question.about is None else self.lines.filter(question.about)
            queries.append(group_check(check, some))
        counted, *grouped = pl.collect_all(queries, engine="streaming")
        answers = {
            question.rule.rule_id: _Answer(f["judged"].item() or 0, f["failing"].item() or 0, f["example"].item())
            for (question, _), f in zip(groups, grouped, strict=True)
        }
        counts = counted.row(0, named=True)
        examples = self._examples([q for q in rows if counts.get(_FAILING + q.rule.rule_id)])
        for rule_id in (q.rule.rule_id for q in rows):
            judged, failing = counts[_JUDGED + rule_id], counts.get(_FAILING + rule_id)
            answers[rule_id] = _Answer(judged or 0, failing or 0, examples.get(rule_id))
        return answers

    def _counts(self, question: _Question) -> list[pl.Expr]:
        """Rows that the rule is about, and rows that break it."""
        rule_id, about = question.rule.rule_id, question.about
        judged = (pl.len() if about is None else about.sum()).alias(_JUDGED + rule_id)
        if question.check is None:
            return [judged]
        return [judged, self._fails(question, question.check).sum().alias(_FAILING + rule_id)]

    def _fails(self, question: _Question, check: Check) -> pl.Expr:
        broken = ~row_check(check, self.schema)
        return broken if question.about is None else question.about & broken

    def _examples(self, failing: Sequence[_Question]) -> dict[str, str]:
        """The first row that breaks each rule. Most are found among the first rows, so all rows are read only for the rest."""
        examples: dict[str, str] = {}
        for lines in (self.lines.head(_FIRST_ROWS), self.lines):
            wanted = [(q, q.check) for q in failing if q.rule.rule_id not in examples and q.check]
            examples |= self._first_of_each(lines.with_row_index(_ROW), wanted) if wanted else {}
        return examples

    def _first_of_each(self, lines: pl.LazyFrame, wanted: Sequence[tuple[_Question, Check]]) -> dict[str, str]:
        firsts = (pl.when(self._fails(q, c)).then(_ROW).min().alias(q.rule.rule_id) for q, c in wanted)
        found = lines.select(firsts).collect(engine="streaming").row(0, named=True)
        numbers = {row for row in found.values() if row is not None}
        rows = lines.filter(pl.col(_ROW).is_in(numbers)).collect(engine="streaming")
        return {
            q.rule.rule_id: self._example(q, rows.filter(pl.col(_ROW) == found[q.rule.rule_id]))
            for q, _ in wanted
            if found[q.rule.rule_id] is not None
        }

    def _shown(self, question: _Question) -> list[str]:
        """Columns that an example needs: those of the check and of the conditions, and where the line is from."""
        trees = [c for c in (question.check, *question.rule.conditions) if c]
        columns = dict.fromkeys(c for tree in trees for part in tree.walk() for c in part.columns)
        return [*columns, *(name for name in _PLACE if name in self.schema)]

    def _example(self, question: _Question, row: pl.DataFrame) -> str:
        hidden = self._innocent(question.check, row)
        values = row.select(c for c in self._shown(question) if c not in hidden).row(0, named=True)
        place = ", row ".join(str(values.pop(name)) for name in _PLACE if name in values)
        shown = ", ".join(f"{name}={_text(value)}" for name, value in values.items())
        return f"{shown} ({place})" if place else shown

    def _innocent(self, check: Check | None, row: pl.DataFrame) -> set[str]:
        """Columns that only parts of an AND look at which the row passes."""
        if check is None or check.function != "AND":
            return set()
        passed = row.select(row_check(i, self.schema).alias(str(n)) for n, i in enumerate(check.items)).row(0)
        columns: dict[bool, set[str]] = {True: set(), False: set()}
        for item, ok in zip(check.items, passed, strict=True):
            columns[ok is not False].update(item.columns)
        return columns[True] - columns[False]

    def _verdict(self, question: _Question, answer: _Answer) -> RuleResult:
        rule = question.rule
        if not answer.judged:
            condition = f"{rule.column} is null in every row" if question.values_only else "no row meets its condition"
            return self._result(rule, NOT_APPLICABLE, condition)
        if question.check is None:
            return self._result(rule, NOT_CHECKED, why_unchecked(rule))
        result = FAIL if answer.failing else PASS
        return self._result(rule, result, rows_failing=answer.failing, example=answer.example)

    def _settled(self, rule: Rule, rules: Mapping[str, Rule], found: dict[str, RuleResult]) -> RuleResult:
        if rule.rule_id not in found:
            if rule.check is None or rule.check.function != "AND" or not rules.keys() >= set(rule.item_ids):
                return self._result(rule, NOT_CHECKED, "its items are not known")
            items = [self._settled(rules[i], rules, found) for i in rule.item_ids]
            found[rule.rule_id] = self._composite(rule, items)
        return found[rule.rule_id]

    def _composite(self, rule: Rule, items: Sequence[RuleResult]) -> RuleResult:
        results = {item.result for item in items}
        if FAIL in results:
            failing = [item.rule_id for item in items if item.result == FAIL]
            return self._result(rule, FAIL, example=_few(failing))
        if PASS in results:
            return self._result(rule, PASS)
        if NOT_CHECKED in results:
            return self._result(rule, NOT_CHECKED, "none of its items is checked")
        return self._result(rule, NOT_APPLICABLE, "none of its items applies")


def _judges_values(rule: Rule, check: Check | None) -> bool:
    """Whether the rule is only about rows where its column has a value: all but nullability, and checks for null itself."""
    if check is None or rule.column not in BY_NAME or rule.function == "Nullability" or is_group_check(check):
        return False
    return not any(part.function in {"CheckValue", "CheckNotValue"} and part.value is None for part in check.walk())


def _text(value: object, longest: int = 80) -> str:
    if value is None:
        return "null"
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Decimal) and "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"'{text[:longest]}…'" if len(text) > longest else f"'{text}'"


def _few(ids: Sequence[str], most: int = 3) -> str:
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more


def summary(results: Iterable[RuleResult]) -> dict[str, int]:
    """How many rules came to each result; all four are there."""
    counts = Counter(r.result for r in results)
    return {result: counts[result] for result in RESULTS}


def as_frame(results: Iterable[RuleResult]) -> pl.DataFrame:
    """The results as rows of the table `finops/focus_conformance`."""
    schema = {f.name: pl.Int64() if f.name == "rows_failing" else pl.String() for f in fields(RuleResult)}
    return pl.DataFrame([asdict(r) for r in results], schema=schema)


_WEIGHT = {"MUST": 0, "MUST NOT": 0, "SHOULD": 1, "SHOULD NOT": 1, "RECOMMENDED": 1}


def to_markdown(results: Sequence[RuleResult], limit: int = 40) -> str:
    """The score card for people: counts, then the failing rules, duties before advice and many rows before few.

    Composites are left out of the list, since the rules that make them fail are in it.
    """
    composites = {rule.rule_id for rule in load_rules() if rule.function == COMPOSITE}
    failing = [r for r in results if r.result == FAIL and r.rule_id not in composites]
    failing.sort(key=lambda r: (_WEIGHT.get(r.keyword, 2), -(r.rows_failing or 0)))
    counts = summary(results)
    out = ["| " + " | ".join(counts) + " |", "|" + "---:|" * len(counts)]
    out += ["| " + " | ".join(str(n) for n in counts.values()) + " |", ""]
    if failing:
        out += ["| Rule | Column | Keyword | Rows | Example |", "|---|---|---|---:|---|"]
        out += [_markdown_row(r) for r in failing[:limit]]
    if len(failing) > limit:
        out.append(f"\n… and {len(failing) - limit} more failing rules.")
    return "\n".join(out)


def _markdown_row(result: RuleResult) -> str:
    rows = "" if result.rows_failing is None else str(result.rows_failing)
    cells = (result.rule_id, result.column, result.keyword, rows, result.example or "")
    return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"
