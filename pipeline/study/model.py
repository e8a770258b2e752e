"""The whole study file."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pipeline.study.analysis import Comparisons, Display, Indicators, Segments
from pipeline.study.claims import Claims, ClaimSet
from pipeline.study.cleaning import Cleaning
from pipeline.study.columns import IndicatorColumn as IndicatorColumn
from pipeline.study.columns import Resolver, SegmentColumns, indicator_columns, segment_columns
from pipeline.study.conditions import ConditionField, Shown
from pipeline.study.disclosure import Disclosure
from pipeline.study.maturity import Score, Tiers
from pipeline.study.questions import Questions, Scales
from pipeline.study.sampling import Design, Sample, Weights, sampling_columns
from pipeline.study.section import Identifier, Section, Text, wrong
from pipeline.study.variables import SHOWN, Variable, cells_of, variables_of
from pipeline.study.waves import AS_SNIFFED, Columns, Reading, Wave, WaveName

FORMAT = "1"


class Study(Section):
    """A survey, described once. Sections stand in the order in which the pipeline uses them."""

    format: Literal["1"] = Field("1", description="of the study file")
    title: Annotated[Text, Field(description="what the study is called where it is shown")]
    synthetic: bool = Field(False, description="the data are made, not collected; said wherever they are shown")
    sample: Annotated[Sample, Field(description="how respondents were found; no default, as it decides the words")]
    baseline: WaveName | None = Field(None, description="wave that tier cuts and trends are anchored to")
    waves: dict[WaveName, Wave] = Field(
        default_factory=dict, description="wave: what is particular to it; a wave is a folder under data/raw/<study>"
    )
    reading: Reading = Field(AS_SNIFFED, description="how the deliveries of all waves are read, where sniffing errs")
    columns: Columns = Field(Columns(), description="columns of the export that are no questions")
    scales: Scales = Field(default_factory=dict, description="lists of options that several questions share, in order")
    questions: Annotated[Questions, Field(min_length=1, description="question: how it is found, and its answers")]
    filters: dict[Identifier, ConditionField] = Field(
        default_factory=dict, description="filter: condition; conditions elsewhere may name it"
    )
    cleaning: Cleaning = Field((), description="rules in order, first hit decides; nothing runs that is not listed")
    design: Design | None = Field(None, description="how the sample was drawn; absent: a simple random sample")
    weights: Weights = Field(default_factory=dict, description="weight: where it comes from; `main` is the default")
    score: Score | None = Field(None, description="the maturity score; may be absent")
    tiers: Tiers | None = Field(None, description="maturity tiers; may be absent")
    segments: Segments = Field(default_factory=dict, description="divisions by which every figure is also given")
    indicators: Indicators = Field(default_factory=dict, description="what is measured: a yes or no of each respondent")
    comparisons: Comparisons = Field(
        default_factory=dict, description="two groups that are compared on every indicator"
    )
    display: Display = Field(Display(), description="when an estimate is shown, and what leaves the house")
    claims: Claims | None = Field(None, description="file beside this one, or the records")
    disclosure: Disclosure = Field(Disclosure(), description="what the methodology statement tells beside the data")

    @model_validator(mode="before")
    @classmethod
    def _format_first(cls, value: Any) -> Any:
        """All else may be right in another format."""
        if isinstance(value, dict) and value.get("format", FORMAT) != FORMAT:
            raise wrong(f'has "{value["format"]}"', f"{FORMAT}, all that this release reads", at=("format",))
        return value

    @property
    def variables(self) -> tuple[Variable, ...]:
        found = variables_of(self.questions, self.scales)
        if not self.columns.unanswered:
            return found
        return tuple(v if v.asked_if is not None else replace(v, asked_if=Shown(v.question)) for v in found)

    @property
    def cells(self) -> dict[str, tuple[str, ...]]:
        """Columns of `delivered` that hold the answers to each question."""
        return cells_of(self.questions, self.scales)

    @property
    def shown(self) -> dict[str, str]:
        """Column that tells whether a question was shown, of each question; empty where the exports do not tell."""
        return {name: f"{SHOWN}{name}" for name in self.questions} if self.columns.unanswered else {}

    def reading_of(self, wave: str) -> Reading:
        """How the wave's delivery is to be read."""
        return self.waves.get(wave, Wave()).reading.over(self.reading)

    def disclosure_of(self, wave: str) -> Disclosure:
        """What is disclosed of a wave: its own words, else those of the study."""
        return self.waves.get(wave, Wave()).disclosure.over(self.disclosure)

    @property
    def sampling_columns(self) -> dict[str, str]:
        """Delivered columns that tell design and weights, by their name in `delivered`."""
        return sampling_columns(self.design, self.weights, frozenset(self.questions))

    @property
    def has_units(self) -> bool:
        """Whether respondents lie in sampling units: declared ones, or random groups that replicates need."""
        return self.design is not None and (self.design.psu is not None or self.design.variance != "linearised")

    @property
    def is_replicated(self) -> bool:
        """Whether some weight has replicates: delivered ones, or raked again."""
        again = self.design is not None and self.design.variance != "linearised"
        return any(w.replicates is not None or (again and w.rake is not None) for w in self.weights.values())

    @property
    def claim_set(self) -> ClaimSet:
        """The claims, where there are any that were read."""
        return self.claims if isinstance(self.claims, ClaimSet) else ClaimSet()

    @property
    def resolver(self) -> Resolver:
        return Resolver(self.variables, self.filters)

    @property
    def segment_columns(self) -> tuple[SegmentColumns, ...]:
        return segment_columns(self.segments, self.resolver)

    @property
    def indicator_columns(self) -> tuple[IndicatorColumn, ...]:
        return indicator_columns(self.indicators, self.resolver)

    @property
    def scored_indicators(self) -> tuple[str, ...]:
        """Indicators that look at what tiers are made of: an item of the score, or an answer that defines a tier."""
        resolver = self.resolver
        items = [item for d in (self.score.dimensions.values() if self.score else ()) for item in d.items]
        defining = {v.name for item in items for v in resolver.of(item)}
        for condition in (self.tiers.answers or {}).values() if self.tiers else ():
            defining |= set(resolver.needed(condition))
        return tuple(i.name for i in self.indicator_columns if defining & set(i.needs))
