"""Makes the deliveries of the bundled study: synthetic, and saying so in their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.errors import SurveyError
from pipeline.study.loading import StudyFile
from pipeline.synthetic.junk import VALID, with_junk
from pipeline.synthetic.planted import Planted, read_planted
from pipeline.synthetic.qualtrics_layout import write_wave
from pipeline.synthetic.respondents import respondents

__all__ = ["VALID", "Planted", "make_waves", "read_planted"]


def make_waves(study_file: StudyFile, planted: Planted, folder: Path) -> list[Path]:
    """Writes <folder>/<wave>/<study>_<wave>_SYNTHETIC.csv for every planted wave; the same bytes each time.

    Raises SurveyError where study and planted file do not fit.
    """
    study = study_file.study
    if not study.synthetic or study.score is None or study.tiers is None or study.tiers.cuts is None:
        raise SurveyError(study_file.document.file, "is no synthetic study with a score and cuts")
    paths = []
    for wave, truth in planted.waves.items():
        rng = np.random.default_rng(truth.seed)
        valid, _ = respondents(study, planted, wave, truth, rng)
        answers, records = with_junk(study, planted, wave, valid, rng)
        path = folder / wave / f"{study_file.name}_{wave}_SYNTHETIC.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_wave(path, study, wave, answers, records, rng)
        paths.append(path)
    return paths
