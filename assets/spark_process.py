"""The process that runs Spark: takes a job through Dagster Pipes, tells what it does, hands back rows of each part."""

import os

from dagster_pipes import open_dagster_pipes

from pipeline.spark import Job, run


def main() -> None:
    with open_dagster_pipes() as pipes:
        _log_into(pipes.get_extra("log"))
        pipes.report_custom_message(run(Job(**pipes.get_extra("job")), pipes.log.info))


def _log_into(path: str) -> None:
    """What this process and its Java print goes into a file, not over the progress of the command."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(file, stream)


if __name__ == "__main__":
    main()
