"""Scores among peers: percentiles of each level of a segment, and where each respondent stands in its own."""

from __future__ import annotations

from pipeline.engine import Query
from pipeline.study.columns import SegmentColumns

PERCENTS = (10, 25, 50, 75, 90)


def peer_percentiles_query(wave: str, peers: SegmentColumns | None, suppress_below: int, footnote_below: int) -> Query:
    """Rows of table `peer_percentiles`: each declared level, empty ones and nets too, and `all`.

    Reads `respondents`: the analysed with a score and a weight above 0. peers: their segment; None: `all` alone.
    suppress_below, footnote_below: minimum bases, unweighted.
    Raises ValueError for a segment whose levels overlap.
    Percentiles with weights: respondents in order of score stand at the middle of their own weight, the first of them
    at 0 and the last at 100%, linear between. With equal weights this is type 7 of Hyndman and Fan (1996), the default
    of R `quantile`, of numpy and of DuckDB `quantile_cont`; multiplying the weights changes nothing.
    """
    return _query("out/peer_percentiles.sql", wave, peers, suppress_below, footnote_below)


def peer_places_query(wave: str, peers: SegmentColumns | None, suppress_below: int, footnote_below: int) -> Query:
    """Rows of table `peer_places`: each respondent of `peer_percentiles` among `all` and in its own level.

    Arguments and errors as in `peer_percentiles_query`. Its place is the mid-rank: 100 times (the weight below it plus
    half of the weight at its score, its own included) over all weight; to 6 digits. A level of one has 50.
    Source: percentile rank of Roscoe (1975); equals scipy `percentileofscore(kind="mean")` where weights are alike.
    """
    return _query("out/peer_places.sql", wave, peers, suppress_below, footnote_below)


def _query(template: str, wave: str, peers: SegmentColumns | None, suppress_below: int, footnote_below: int) -> Query:
    if peers is not None and peers.overlapping:
        raise ValueError(f'levels of segment "{peers.name}" overlap: a respondent would have several sets of peers')
    own = {level: (level,) for level in peers.levels} if peers else {}
    return Query(
        template,
        {
            "wave": wave,
            "column": peers.name if peers else None,
            "segment": peers.name if peers else None,
            "levels": own | (dict(peers.nets) if peers else {}),
            "own_levels": own,
            "percents": PERCENTS,
            "suppress_below": suppress_below,
            "footnote_below": footnote_below,
        },
    )
