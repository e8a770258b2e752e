"""How small a ratio a comparison could have detected: what "no clear difference" is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize.elementwise import find_root
from scipy.special import ndtri

from pipeline.estimation.counts import Floats
from pipeline.estimation.quantiles import normal_quantile
from pipeline.estimation.shares import checked_share


def detectable_ratio(
    p_b: ArrayLike, n_eff_a: ArrayLike, n_eff_b: ArrayLike, level: float = 0.95, power: float = 0.8
) -> tuple[Floats, Floats]:
    """The ratios nearest to 1, below and above, that the test of p_a = p_b would have found with this power.

    p_b: share of the group compared with, taken as true. n_eff_a, n_eff_b: effective bases, which carry weights
    and design; counts without them. Any shapes that broadcast. level: 1 less the two-sided significance level.
    Returns (below, above): NaN where not even p_a = 0 or p_a = 1 would be found, where p_b is 0 or 1 on the side
    that has no room, or where a base is not positive. 0 and 1 / p_b are the ends.
    The test is the score test in its normal approximation, for independent groups: |p_a - p_b| equals z times
    the standard error if both shares were the common one plus the power's quantile times the one under p_a, p_b.
    Raises ValueError for shares, a level outside 0 to 1, or a power outside 0.5 to 1.
    Source: Fleiss, Levin and Paik (2003), chapter 4, without continuity correction, solved for p_a; equals R
    `power.prop.test(n, p1, power)` for groups of one size.
    """
    if not 0.5 <= power < 1:
        raise ValueError(f"power must lie between 0.5 and 1, not {power}")
    z, z_power = normal_quantile(level), float(ndtri(power))

    def surplus(p_a: Floats, p_b: Floats, n_a: Floats, n_b: Floats) -> Floats:
        """How far apart the shares are beyond what the power needs: convex on either side of p_b, so one root."""
        common = (n_a * p_a + n_b * p_b) / (n_a + n_b)
        se_equal = np.sqrt(np.maximum(common * (1 - common), 0.0) * (1 / n_a + 1 / n_b))
        se = np.sqrt(p_a * (1 - p_a) / n_a + p_b * (1 - p_b) / n_b)
        return np.asarray(np.abs(p_a - p_b) - z * se_equal - z_power * se)

    share, n_a, n_b = np.broadcast_arrays(checked_share(p_b), np.asarray(n_eff_a, float), np.asarray(n_eff_b, float))
    known = (n_a > 0) & (n_b > 0) & np.isfinite(n_a) & np.isfinite(n_b) & (share > 0)

    def nearest(end: float) -> Floats:
        """The ratio between 1 and that of p_a = end."""
        ratio = np.full(share.shape, np.nan)
        found = np.array(known & (share != end))
        found[found] = surplus(np.full(found.sum(), end), share[found], n_a[found], n_b[found]) >= 0
        if np.any(found):
            p = share[found]
            start = p + 1e-12 * (end - p)  # from a share of 1 itself no standard error keeps it away
            bracket = (np.minimum(start, end), np.maximum(start, end))
            ratio[found] = find_root(surplus, bracket, args=(p, n_a[found], n_b[found])).x / p
        return ratio

    return nearest(0.0), nearest(1.0)
