"""Harm done to the bytes of a sound file."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

HARMS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=6)), min_size=1, max_size=4
)
"""Where in the content, as a share of its length, which bytes are put."""
CUTS = st.just(1.0) | st.floats(0, 1)
"""The share of the content that is left."""


def harmed(content: bytes, harms: Sequence[tuple[float, bytes]], cut: float = 1) -> bytes:
    found = bytearray(content)
    for where, with_ in harms:
        at = int(where * len(found))
        found[at : at + len(with_)] = with_
    return bytes(found[: int(cut * len(found))])
