#!/bin/sh
# One `survey run` of the bundled first wave (2,162 respondents) against the bare imports, each the median of five.
set -eu
cd "$(dirname "$0")/.."
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
here=$PWD
. .ci/uv
export SURVEY_HOME="$home"
./survey demo >/dev/null 2>&1
"$uv" run --quiet python - <<'PYTHON'
import statistics, subprocess, sys, time

def median(command):
    times = []
    for _ in range(6):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])  # the first warms the caches

imports = median([sys.executable, "-c", "import dagster, pandas, statsmodels.api"])
run = median([sys.executable, "-m", "pipeline.cli", "run", "social-maturity", "--wave", "2021"])
print(f"imports {imports:.2f} s, survey run {run:.2f} s, ratio {run / imports:.2f}")
PYTHON
