#!/usr/bin/env bash
# Runs the benchmark of the core and checks what must hold on any machine: the cost of a message, of an assignment and
# of a tick does not grow faster than the logarithm of what there is. Ratios of one run, CPU time, best of three.
#   tests/speed/core_speed.sh PROGRAM
set -euo pipefail
out=$(mktemp)
trap 'rm -f "$out"' EXIT
"$1" --benchmark_repetitions=3 --benchmark_format=csv >"$out" 2>/dev/null
awk -F, '
  /^"/ {
    name = $1; gsub(/"/, "", name); sub(/\/iterations:.*/, "", name)
    if ($1 ~ /_(mean|median|stddev|cv)"$/) next
    if (!(name in best) || $4 < best[name]) best[name] = $4
    unit[name] = $5
  }
  function grows(small, large, most) {
    ratio = best[large] / best[small]
    printf "%-24s to %-24s grows %.2f times (at most %.1f)\n", small, large, ratio, most
    if (ratio > most) { print "TOO MUCH"; failed = 1 }
  }
  END {
    for (name in best) printf "%-24s %12.1f %s\n", name, best[name], unit[name] | "sort"
    close("sort")
    # 100 times as many conversations: the logarithm grows 1.7 times; memory that no cache holds may double that.
    grows("PostedMessage/1000", "PostedMessage/100000", 4)
    grows("Tick/1000", "Tick/100000", 2)
    grows("Assignment/10/10000", "Assignment/1000/10000", 4)
    grows("Assignment/1000/1000", "Assignment/1000/10000", 3)
    printf "%.0f messages a second on one core\n", 1e9 / best["PostedMessage/1000"]
    exit failed
  }' "$out"
