"""The planted file: what is true in the synthetic waves. Tests compare the pipeline's findings with it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pipeline.errors import StudyFileError
from pipeline.study.reading import read_yaml
from pipeline.study.section import Identifier, OptionId, Section

Shares = Annotated[float, Field(ge=0, le=1)]


class PlantedWave(Section):
    """One wave. members: respondents of the tier and others. Either counts, met exactly, or shares, drawn freely."""

    seed: int
    members: tuple[int, int]
    counts: dict[Identifier, tuple[int, int]] = Field(default_factory=dict)
    shares: dict[Identifier, tuple[Shares, Shares]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_way(self) -> PlantedWave:
        if bool(self.counts) == bool(self.shares):
            raise PydanticCustomError("planted", "needs either `counts` or `shares`")
        return self

    def likewise(self, n: int) -> PlantedWave:
        """The truth of n further respondents of the same kind, drawn freely."""
        total = sum(self.members)
        members = round(n * self.members[0] / total)
        rates = {
            name: (yes / self.members[0], other / self.members[1]) for name, (yes, other) in self.counts.items()
        } or self.shares
        return PlantedWave(seed=self.seed, members=(members, n - members), shares=rates)


class Planted(Section):
    """The whole planted file. junk: records for each cleaning rule to take out."""

    study: str
    tier: OptionId
    answers: dict[str, dict[OptionId, Shares]]
    fixed: dict[str, OptionId]
    dont_know: Shares
    junk: dict[str, Annotated[int, Field(ge=0)]]
    waves: dict[str, PlantedWave]


def read_planted(path: Path) -> Planted:
    """The planted file at `path`. Raises StudyFileError."""
    document = read_yaml(path)
    try:
        return Planted.model_validate(document.data)
    except ValidationError as error:
        first = error.errors()[0]
        raise StudyFileError(document.where(tuple(first["loc"])), first["msg"]) from error
