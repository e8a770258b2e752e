"""A study small enough to count by hand: 40 users of whom 30 are content, 60 others of whom 15 are."""

from __future__ import annotations

STUDY_FILE = """\
title: "Small study"
sample: {type: opt_in, population: people}
columns: {id: Id}
questions:
  user: {type: single, text: "Do you use it?", options: {"yes": "Yes", "no": "No"}}
  content: {type: single, text: "Are you content?", options: {"yes": "Yes", "no": "No"}}
  place: {type: single, text: "Where do you live?", options: {town: "Town", village: "Village"}}
tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}
segments: {place: {question: place}}
indicators: {is_content: {when: {content: ["yes"]}, label: "be content"}}
comparisons: {use: {a: {tier: [users]}, b: rest}}
"""


def small_delivery() -> str:
    """The delivery as plain CSV."""
    lines = ["Id,Do you use it?,Are you content?,Where do you live?"]
    for i in range(100):
        user = i < 40
        content = i < 30 or 40 <= i < 55
        place = "Town" if i % 2 else "Village"
        lines.append(f"P{i},{'Yes' if user else 'No'},{'Yes' if content else 'No'},{place}")
    return "\n".join(lines) + "\n"
