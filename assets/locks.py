"""Two runs of the same study and wave do not work at once: the second waits, then fails and says for whom."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipeline.locking import BusyError, held
from pipeline.settings import home


def wave_lock(study: str) -> dg.ResourceDefinition:
    """A resource that a run holds from its first asset to its end."""

    @dg.resource(description=f"Keeps other runs of {study} off the wave that this run works on.")
    def lock(context: dg.InitResourceContext) -> Iterator[None]:
        wave = context.run.tags.get("dagster/partition", "") if context.run else ""
        if not wave or not context.run:
            yield None
            return
        try:
            tell = context.log.warning if context.log else print
            with held(home().locks(study) / wave, f"wave {wave} of {study}", context.run.run_id, tell):
                yield None
        except BusyError as error:
            if context.instance:  # to fail here is final: a retry would only wait again
                context.instance.add_run_tags(context.run.run_id, {"dagster/max_retries": "0"})
            raise dg.Failure(str(error), allow_retries=False) from None

    return lock
