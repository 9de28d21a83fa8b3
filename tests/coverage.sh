#!/usr/bin/env bash
# Line and branch coverage of the core by the core's own tests and the simulator: at least 98 % of the lines. What is
# not covered is listed; tests/coverage_reasons.txt says why, and a line without a reason there fails.
#   tests/coverage.sh BUILD_DIRECTORY      a build of the preset "coverage"
set -euo pipefail
build=$1
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
find "$build" -name '*.gcda' -delete
(cd "$TEST_OUTPUT" && "$root/$build/tests/core_tests" >/dev/null)
"$build/tests/simulation/simulation" --seeds 1..150 >/dev/null
report=$TEST_OUTPUT/coverage.txt
gcovr --root "$root" --filter 'service/core/' --exclude-throw-branches --exclude-unreachable-branches \
  --json "$TEST_OUTPUT/coverage.json" --txt "$report" "$build/service/core"
cat "$report"
python3 - "$TEST_OUTPUT/coverage.json" "$root/tests/coverage_reasons.txt" <<'PY'
import json, sys
data = json.load(open(sys.argv[1]))
reasons = [line.rstrip("\n").split(" | ", 2) for line in open(sys.argv[2]) if line.strip() and line[0] != "#"]
lines = covered = branches = taken = 0
failed = False
for file in data["files"]:
    source = open(file["file"]).read().splitlines()
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        lines += 1
        covered += line["count"] > 0
        for branch in line["branches"]:
            branches += 1
            taken += branch["count"] > 0
        if line["count"] > 0:
            continue
        text = source[line["line_number"] - 1].strip()
        why = next((r[2] for r in reasons if file["file"].endswith(r[0]) and r[1] in text), None)
        print(f'not covered: {file["file"]}:{line["line_number"]}: {text}  ({why or "NO REASON GIVEN"})')
        failed = failed or why is None
share = 100 * covered / lines
print(f"lines {share:.2f} % ({covered} of {lines}), branches {100 * taken / branches:.2f} % ({taken} of {branches})")
sys.exit(1 if failed or share < 98 else 0)
PY
