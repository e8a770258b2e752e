"""Where a condition takes those who gave no answer for a yes: `not` is true of them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.study.columns import Resolver
from pipeline.study.conditions import All, Answered, AnyOf, Chosen, Condition, Filter, InRange, Not
from pipeline.study.section import Place


def counts_silence(condition: Condition, resolver: Resolver) -> list[tuple[Place, str]]:
    """What stands under `not` and makes that true of respondents without an answer: its place, and the question.

    None where all else that must hold asks for an answer to the question, or the condition says `answered`.
    """
    return list(dict.fromkeys(_Silence(resolver).true_of(condition, False, frozenset())))


class _Silence:
    """negated: whether the condition stands under an odd number of `not`."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def true_of(self, c: Condition, negated: bool, answered: frozenset[str]) -> Iterator[tuple[Place, str]]:
        """answered: questions that have an answer wherever all that stands beside the condition holds."""
        answered |= self.asks(c, negated)
        if isinstance(c, Not):
            yield from self.true_of(c.of, not negated, answered)
        elif isinstance(c, All | AnyOf):
            for part in c.of:
                yield from self.true_of(part, negated, answered)
        elif isinstance(c, Filter):
            for _, ref in self.true_of(self.resolver.filters[c.name], negated, answered):
                yield c.at, ref
        elif negated and isinstance(c, Chosen | InRange) and self.key(c.question) not in answered:
            yield c.at, c.question

    def asks(self, c: Condition, negated: bool) -> frozenset[str]:
        """Questions that must have an answer for the condition to hold."""
        if isinstance(c, Not):
            return self.asks(c.of, not negated)
        if isinstance(c, Filter):
            return self.asks(self.resolver.filters[c.name], negated)
        if isinstance(c, All | AnyOf):
            parts = [self.asks(part, negated) for part in c.of]
            every = isinstance(c, All) != negated
            return frozenset().union(*parts) if every else frozenset.intersection(*parts)
        given = c.answered != negated if isinstance(c, Answered) else not negated
        return frozenset({self.key(c.question)} if given else ())

    def key(self, ref: str) -> str:
        """What is answered as one: a question, a row of a grid."""
        first = self.resolver.of(ref)[0]
        return first.question if first.kind == "tick" else first.name
