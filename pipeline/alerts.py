"""Alerts: one message for each event that somebody should know of, to the log, to a file, and to a webhook."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pipeline.locking import held
from pipeline.replacing import replacing
from pipeline.settings import Home, webhook

LOG = logging.getLogger("survey.alerts")
SECONDS = 5  # that a webhook may take
MOST_TRIES = 5
Kind = Literal["quarantined", "failed", "verdict"]
WHAT = {"quarantined": "is quarantined", "failed": "failed", "verdict": "verdicts changed"}


@dataclass(frozen=True)
class Alert:
    """A message. event: what it is about, told once. at: UTC, ISO 8601. tries: of a webhook that did not take it;
    sent: whether it did, True where there is none."""

    event: str
    kind: Kind
    study: str
    wave: str
    text: str
    run_id: str
    at: str = ""
    sent: bool = False
    tries: int = 0

    @property
    def headline(self) -> str:
        where = f"{self.study}, wave {self.wave}" if self.wave else self.study
        return f"{where} {WHAT[self.kind]}: {self.text}"


def alerts_file(home: Home, study: str) -> Path:
    """Every alert of a study, a JSON object a line."""
    return home.processed(study) / "alerts.jsonl"


def alert(home: Home, found: Alert) -> bool:
    """Tells of an event, once. Returns whether it was new.

    Messages that the webhook of SURVEY_WEBHOOK did not take are tried again with the next one, five times in all.
    An alert never fails what it tells of.
    """
    path = alerts_file(home, found.study)
    with held(home.locks(found.study) / "alerts", f"the alerts of {found.study}", found.run_id):
        known = read_alerts(home, found.study)
        if any(other.event == found.event for other in known):
            return False
        now = replace(found, at=datetime.now(UTC).isoformat(timespec="seconds"))
        LOG.warning(now.headline)
        known = [_told(other) for other in [*known, now]]
        with replacing(path) as partial:
            partial.write_text("".join(json.dumps(asdict(a), ensure_ascii=False) + "\n" for a in known))
    return True


def read_alerts(home: Home, study: str) -> list[Alert]:
    path = alerts_file(home, study)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [Alert(**json.loads(line)) for line in lines]


def _told(found: Alert) -> Alert:
    """The alert after it was sent, where it still is to be."""
    address = webhook()
    if found.sent or found.tries >= MOST_TRIES:
        return found
    if not address:
        return replace(found, sent=True)
    body = {
        "text": found.headline,
        **{name: getattr(found, name) for name in ("kind", "study", "wave", "run_id", "at")},
    }
    try:
        if not address.startswith(("http://", "https://")):
            raise ValueError(f"{address} is no web address")
        request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=SECONDS):
            return replace(found, sent=True)
    except (OSError, ValueError, urllib.error.HTTPError) as error:
        LOG.warning("the webhook did not take an alert: %s", error)
        return replace(found, tries=found.tries + 1)
