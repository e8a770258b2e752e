"""What all pictures share: the frame with title, subject and the mark of synthetic data, and the colours.

Pictures are drawn from templates and not with a charting library: loading one takes longer than making all the
findings. A template draws from y = 0 down, under what the frame says.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

BLUE, RED, GREY = "#1f4e79", "#b3453a", "#8a8a8a"
LIGHT, DARK = (196, 216, 235), (31, 78, 121)  # ends of the scale for ordered groups


def drawn(
    template: str, title: str, says: Sequence[str], synthetic: bool, size: tuple[float, float], **values: Any
) -> str:
    """A picture as SVG. says: lines under the title. size: width, and height of what the template draws, in pixels.

    Texts are escaped; the mark of synthetic data is part of the picture.
    """
    top = 34 + 16 * len(says) + (18 if synthetic else 0)
    return _templates().get_template(template).render(
        title=title, says=says, synthetic=synthetic, top=top, width=size[0], height=top + size[1],
        blue=BLUE, red=RED, grey=GREY, **values,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def shades(steps: int) -> list[str]:
    """Colours for ordered groups, from light to dark."""
    found = []
    for step in range(steps):
        part = step / (steps - 1) if steps > 1 else 1.0
        found.append("#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(LIGHT, DARK, strict=True)))
    return found


def words(name: str) -> str:
    """A name of a study file as it is read."""
    return name.replace("_", " ")


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f}%"


def cut(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
