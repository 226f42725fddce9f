"""Documents jobs: take in what changed, and change the model without a moment in which search does not answer."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import dagster as dg
from pydantic import Field

from assets import progress
from assets.documents import tables
from assets.documents.cutting_over import cut_over, forget_dropped
from assets.documents.golden_questions import golden_set
from assets.documents.index_journal import IndexJournal
from assets.documents.indexing import Brought, bring_up_to_date, chunking_identity
from assets.documents.logic.gate import Gate, Verdict, judge, unanswerable
from assets.documents.measuring import ndcg_by_question, searcher_of
from assets.documents.serving import begun, model_of
from assets.failures import errors_classified
from resources.clock import Clock
from resources.embeddings import Embedder, EmbeddingModels
from resources.errors import BadInput, NotFound, PermanentError
from resources.knowledge_base.interface import Filter, Generation, KnowledgeBase
from resources.lake import Lake
from resources.object_store import ObjectStore

_TAGS = {"domain": "documents"}

documents_refresh = dg.define_asset_job(
    "documents_refresh",
    selection=dg.AssetSelection.assets(["documents", "source_documents"], ["documents", "kb_documents"]),
    run_tags=_TAGS,
    description="Takes in documents that are new, changed or gone, and embeds what is new.",
)
documents_upkeep = dg.define_asset_job(
    "documents_upkeep",
    selection=dg.AssetSelection.assets(*(["documents", name] for name in ("search_usage", "retrieval_quality", "index_health"))),
    run_tags=_TAGS,
    description="Measures how well documents are found, whether the index is in order, and how search is used.",
)


class ReembedConfig(dg.Config):
    """Which model is to take over, and what it must show before it does."""

    mode: Literal["plan", "apply"] = Field(default="plan", description="`plan` only says what would be done.")
    model: str = Field(
        default="", description="Source of the model, such as `int8:/models/my-model`; the configured one if empty."
    )
    rebuild: bool = Field(default=False, description="Build anew although the live generation is of this model already.")
    tolerance: float = Field(default=0.02, ge=0, le=1, description="Share of the mean nDCG@10 that may be lost.")
    least_questions: int = Field(default=10, ge=1, description="Judged questions without which nothing is cut over.")
    without_golden_set: bool = Field(default=False, description="Cut over though there are too few judged questions to compare.")
    by: str = Field(default="cloudops", min_length=1, description="Who lets this happen, for the journal.")

    @property
    def gate(self) -> Gate:
        """What the new generation must show."""
        return Gate(self.tolerance, self.least_questions, self.without_golden_set)


@dataclass(frozen=True, slots=True)
class ReembedPlan:
    """What a change of the model is going to do.

    Attributes:
        live: Generation that answers now; None if there is none.
        model_version: Model that is to take over.
        chunking: How documents will be cut.
        documents: Documents to be cut and embedded, by the table of documents.
        unfinished: Generation that an earlier run left, and that is gone on with; None if there is none.
        passages_there: Passages that it holds already.
        needed: Whether anything is to be done.
    """

    live: str | None
    model_version: str
    chunking: str
    documents: int
    unfinished: str | None
    passages_there: int
    needed: bool


@dg.op(description="Builds a new generation beside the live one, holds it against the golden questions, and cuts over.",
       pool="documents_reembed")  # fmt: skip
def reembed(
    context: dg.OpExecutionContext,
    config: ReembedConfig,
    knowledge_base: dg.ResourceParam[KnowledgeBase],
    embedding_models: dg.ResourceParam[EmbeddingModels],
    lake: dg.ResourceParam[Lake],
    inputs_store: dg.ResourceParam[ObjectStore],
    clock: dg.ResourceParam[Clock],
) -> None:
    """Plan, build, gate, cut over; each step is noted. A run that was killed goes on where it was."""
    with errors_classified():
        source = config.model or embedding_models.default
        planned = plan(knowledge_base, embedding_models, lake, source, rebuild=config.rebuild)
        context.log.info("plan: %s", asdict(planned))
        told: dict[str, Any] = {"mode": config.mode, **{k: v for k, v in asdict(planned).items() if v is not None}}
        if config.mode == "apply" and planned.needed:
            journal = IndexJournal(lake, context.run_id, config.by)
            shift = Shift(knowledge_base, embedding_models, lake, inputs_store, clock, journal)
            generation, embedder = begun(knowledge_base, embedding_models, source)
            told |= {"generation": generation.generation_id, **asdict(shift.build(generation, embedder))}
            verdict = shift.gate(generation, embedder, config.gate)
            told |= {"verdict": verdict.reason, "questions": verdict.questions}
            shift.cut_over(generation, embedder, verdict)
        context.add_output_metadata(told)


def plan(knowledge_base: KnowledgeBase, models: EmbeddingModels, lake: Lake, source: str, *, rebuild: bool) -> ReembedPlan:
    """What is to be done; changes nothing."""
    live, model = knowledge_base.live(), models.load(source).model()
    chunking = chunking_identity(model)
    same = live is not None and (live.model.version, live.chunking) == (model.version, chunking)
    unfinished = next(
        (
            g
            for g in knowledge_base.generations()
            if g.state == "building" and (g.model.version, g.chunking) == (model.version, chunking)
        ),
        None,
    )
    documents = int(lake.scan(tables.DOCUMENTS).select("document_id").collect().height)
    return ReembedPlan(
        live=live.generation_id if live else None,
        model_version=model.version,
        chunking=chunking,
        documents=documents,
        unfinished=unfinished.generation_id if unfinished else None,
        passages_there=unfinished.rows if unfinished else 0,
        needed=rebuild or not same,
    )


@dataclass(frozen=True, slots=True)
class Shift:
    """The steps from one generation to the next. Until the last of them, the live one answers, and others keep it up to date."""

    knowledge_base: KnowledgeBase
    models: EmbeddingModels
    lake: Lake
    inputs: ObjectStore
    clock: Clock
    journal: IndexJournal

    def build(self, generation: Generation, embedder: Embedder) -> Brought:
        """Cut and embed every document into the new generation, as far as an earlier run did not."""
        self.journal.note(generation, "begun", self.clock.now(), passages_there=generation.rows)
        brought = bring_up_to_date(self.knowledge_base, embedder, self.lake, generation, progress.show)
        self.knowledge_base.optimise(generation.generation_id)
        self.journal.note(generation, "built", self.clock.now(), **asdict(brought))
        return brought

    def gate(self, generation: Generation, embedder: Embedder, gate: Gate) -> Verdict:
        """Hold the new generation against the live one.

        Raises:
            PermanentError: It may not take over; the message says why. It stays as it is, and the live one answers.
        """
        live = self.knowledge_base.live()
        rows = self.knowledge_base.snapshot(generation.generation_id).count(Filter())
        if live is None:
            return Verdict(passed=True, reason="there is no live generation to compare with", questions=0, before=None,
                           after=None, worst=())  # fmt: skip
        try:
            former = model_of(live, self.models)
        except (BadInput, NotFound) as error:
            verdict = unanswerable(error.message, live_rows=live.rows, new_rows=rows)
        else:
            questions = golden_set(self.inputs, self.lake).questions
            before = ndcg_by_question(searcher_of(self.knowledge_base, live, former), questions)
            after = ndcg_by_question(searcher_of(self.knowledge_base, generation, embedder), questions)
            verdict = judge(gate, before, after, live_rows=live.rows, new_rows=rows)
        self.journal.note(generation, "passed" if verdict.passed else "refused", self.clock.now(), **asdict(verdict))
        if not verdict.passed:
            worst = ", ".join(f"{question!r} ({loss:.2f})" for question, loss in verdict.worst)
            raise PermanentError(
                f"{generation.model.version} does not take over: {verdict.reason}"
                + (f"; it lost most on {worst}" if worst else ""),
                "The live generation goes on answering. Choose another model, add golden questions, or raise `tolerance`.",
            )
        return verdict

    def cut_over(self, generation: Generation, embedder: Embedder, verdict: Verdict) -> None:
        """Take in what changed meanwhile, and make the new generation the one that answers."""
        bring_up_to_date(self.knowledge_base, embedder, self.lake, generation, progress.show)
        cut_over(self.knowledge_base, self.journal, generation, self.clock, reason=verdict.reason)
        forget_dropped(self.knowledge_base, self.lake)


@dg.job(
    run_tags=_TAGS,
    description="Changes the embedding model: a new generation is built beside the live one, must answer the golden questions "
    "no worse, and takes over at once. Search answers throughout.",
)
def documents_reembed() -> None:
    """Change the embedding model without downtime."""
    reembed()


class RollBackConfig(dg.Config):
    """Who wants the former generation back, and why."""

    by: str = Field(min_length=1, description="Who lets this happen, for the journal.")
    reason: str = Field(min_length=1, description="Why.")


@dg.op(description="Makes the generation that answered before the last cut-over answer again.", pool="documents_index")
def roll_back(
    context: dg.OpExecutionContext,
    config: RollBackConfig,
    knowledge_base: dg.ResourceParam[KnowledgeBase],
    embedding_models: dg.ResourceParam[EmbeddingModels],
    lake: dg.ResourceParam[Lake],
    clock: dg.ResourceParam[Clock],
) -> None:
    """Bring the former generation up to date first, so that it knows the documents of today, then let it answer."""
    with errors_classified():
        former = next((g for g in knowledge_base.generations() if g.state == "previous"), None)
        if former is None:
            raise NotFound("there is no previous generation", "One is kept from the first cut-over on.")
        bring_up_to_date(knowledge_base, model_of(former, embedding_models), lake, former, progress.show)
        IndexJournal(lake, context.run_id, config.by).note(former, "rolled back", clock.now(), reason=config.reason)
        now = knowledge_base.roll_back()
        context.add_output_metadata({"generation": now.generation_id, "model_version": now.model.version})


# a second attempt after a crash would take the roll-back back
@dg.job(
    run_tags={**_TAGS, "dagster/max_retries": "0"},
    description="Takes the last change of the embedding model back; both generations are kept.",
)
def documents_roll_back() -> None:
    """Let the generation answer that answered before."""
    roll_back()


JOBS = (documents_refresh, documents_upkeep, documents_reembed, documents_roll_back)
