#!/usr/bin/env bash
# Line and branch coverage of the core by the core's own tests and the simulator: at least 98 % of the lines. What is
# not covered is listed; tests/coverage_reasons.txt says why, and a line without a reason there fails.
#   tests/coverage.sh BUILD_DIRECTORY      a build of the preset "coverage"; writes to $TEST_OUTPUT
set -euo pipefail
build=$(realpath "$1")
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

covers() { # what, log, command: numbers from a run that fails say nothing
  local what=$1 log=$TEST_OUTPUT/$2
  shift 2
  (cd "$TEST_OUTPUT" && "$@") >"$log" 2>&1 && return 0
  grep -E 'Failure|^\[  FAILED|VIOLATION|^died|CHECK failed' "$log" | head -20
  echo "no coverage: $what failed, see $log"
  exit 1
}

find "$build" -name '*.gcda' -delete
covers "the core's tests" coverage-tests.log "$build/tests/core_tests"
# The naive model is left out: it reaches nothing in the core and takes nine tenths of the time.
covers "the simulation" coverage-simulation.log \
  "$build/tests/simulation/simulation" --seeds 1..150 --no-model --quick

# Of the whole build: what the core's headers define may have been counted in the file that includes them.
report=$TEST_OUTPUT/coverage.txt
gcovr -j 2 --root "$root" --filter 'service/core/' --exclude-throw-branches --exclude-unreachable-branches \
  --json "$TEST_OUTPUT/coverage.json" --txt "$report" "$build"
cat "$report"
python3 - "$TEST_OUTPUT/coverage.json" tests/coverage_reasons.txt <<'PY'
import json, sys
data = json.load(open(sys.argv[1]))
reasons = [line.rstrip("\n").split(" | ", 2) for line in open(sys.argv[2]) if line.strip() and line[0] != "#"]
unused = list(reasons)
lines = covered = branches = taken = 0
failed = False
for file in data["files"]:
    source = open(file["file"]).read().splitlines()
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        lines += 1
        covered += line["count"] > 0
        branches += len(line["branches"])
        taken += sum(branch["count"] > 0 for branch in line["branches"])
        if line["count"] > 0:
            continue
        text = source[line["line_number"] - 1].strip()
        reason = next((r for r in reasons if file["file"].endswith(r[0]) and r[1] in text), None)
        if reason in unused:
            unused.remove(reason)
        print(f'not covered: {file["file"]}:{line["line_number"]}: {text}  ({reason[2] if reason else "NO REASON GIVEN"})')
        failed = failed or reason is None
for reason in unused:
    print("not covered no more, its reason can go:", " | ".join(reason))
share = 100 * covered / max(lines, 1)
print(f"lines {share:.2f} % ({covered} of {lines}), branches {100 * taken / max(branches, 1):.2f} % ({taken} of {branches})")
if lines == 0:
    print("no coverage: nothing was counted")
sys.exit(1 if failed or unused or share < 98 else 0)
PY
