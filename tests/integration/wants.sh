# Sourced by the tests of deploy/run. $printed is the file of what they had printed, shown when one fails.
# shellcheck shell=bash disable=SC2154

# Sets each of these variables to a port of its own, for everything that is started.
free_ports() {
  local name
  # One program for all: it never gives one twice.
  while read -r name; do export "${name?}"; done < <(node -e 'import("./tests/integration/ports.mjs").then(async ({ freePort }) => {
    for (const name of process.argv.slice(1)) console.log(`${name}=${await freePort()}`);
  })' "$@")
}
fail() {
  echo "FAILED: $1" >&2
  cat "$printed" >&2 || true
  exit 1
}
wants() { # what, seconds, command
  local what=$1 _
  for _ in $(seq $((4 * $2))); do
    if "${@:3}" >/dev/null 2>&1; then
      echo "ok: $what"
      return
    fi
    sleep 0.25
  done
  fail "$what"
}
