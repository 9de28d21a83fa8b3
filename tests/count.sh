# Sourced by tests/run: runs test programs of several kinds and adds up what passed and failed.
# shellcheck shell=bash

counts=$(mktemp -d)

# Nothing may hang: after so many seconds a program is ended with all that it has started, and counts as failed.
step_seconds_max=${STEP_SECONDS_MAX:-1500}
bounded() { timeout --kill-after=10 "$step_seconds_max" "$@"; }

# Each kind writes one line "passed failed" into a file of its own, so that steps may run side by side.
record() { echo "$2 $3" >"$counts/${1//[^a-zA-Z0-9_.-]/_}"; }

gtest() { # program
  local name log passed failed code began=$SECONDS
  name=$(basename "$1")
  log=$TEST_OUTPUT/$name.log
  (cd "$TEST_OUTPUT" && bounded "$OLDPWD/$1") >"$log" 2>&1
  code=$?
  passed=$(grep -c '^\[       OK \]' "$log")
  failed=$(grep -c '^\[  FAILED  \].*ms)$' "$log")
  if ((code != 0 && failed == 0)); then failed=1; fi
  record "$name" "$passed" "$failed"
  report "$name" "$passed" "$failed" "$log" "$began"
}

node_tests() { # name, files
  local name=$1
  shift
  node_program "$name" node --test --test-reporter=tap "$@"
}

node_program() { # name, command that ends with the summary of node's test runner
  local name=$1 log passed failed code began=$SECONDS
  shift
  log=$TEST_OUTPUT/node-$name.log
  bounded "$@" >"$log" 2>&1
  code=$?
  passed=$(sed -n 's/^[#ℹ] pass //p' "$log" | tail -n 1)
  failed=$(sed -n 's/^[#ℹ] fail //p' "$log" | tail -n 1)
  passed=${passed:-0}
  failed=${failed:-0}
  if ((code != 0 && failed == 0)); then failed=1; fi
  record "$name" "$passed" "$failed"
  report "$name" "$passed" "$failed" "$log" "$began"
}

step() { # name, command
  local name=$1 log began=$SECONDS
  shift
  log=$TEST_OUTPUT/${name// /-}.log
  if bounded "$@" >"$log" 2>&1; then
    record "$name" 1 0
    report "$name" 1 0 "$log" "$began"
  else
    record "$name" 0 1
    report "$name" 0 1 "$log" "$began"
  fi
}

web_tests() {
  step "web types" npm --prefix web run --silent check
  node_program web npm --prefix web test --silent
}

grafana_tests() {
  step "grafana packages" npm --prefix grafana ci --no-audit --no-fund --loglevel=error
  step "grafana types" npm --prefix grafana run --silent types
  step "grafana drift" npm --prefix grafana run --silent check
  node_program grafana npm --prefix grafana test --silent
}

report() { # name, passed, failed, log, the second at which it began
  printf '%-28s %4s passed %3s failed %5d s\n' "$1" "$2" "$3" $((SECONDS - $5))
  if (($3 > 0)); then
    echo "---- $4"
    if ((SECONDS - $5 >= step_seconds_max)); then echo "ended after $step_seconds_max s"; fi
    grep -nE 'Failure|^not ok|FAILED|rror|invariant|in vain|WARNING: ThreadSanitizer|SUMMARY' "$4" | head -30
    tail -n 25 "$4"
    echo "----"
  fi
}

finish() {
  local passed failed
  passed=$(cat "$counts"/* | awk '{sum += $1} END {print sum + 0}')
  failed=$(cat "$counts"/* | awk '{sum += $2} END {print sum + 0}')
  rm -rf "$counts"
  echo "$passed passed, $failed failed"
  ((failed == 0 && passed > 0))
  exit
}

finish_failed() { # what
  echo "failed: $1"
  record "${1// /_}" 0 1
  finish
}
