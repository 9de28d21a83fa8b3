#!/usr/bin/env bash
# deploy/run --demo-week: the week is played, Prometheus sees it, alerts have their way; it begins anew the next time, keeps
# its hands off what is no demonstration's, and all of it ends with deploy/run.
set -euo pipefail
cd "$(dirname "$0")/../.."

export HETI_BINARY=${HETI_BINARY:-$PWD/build/tests/service/heti}
# shellcheck source=tests/integration/wants.sh
source tests/integration/wants.sh
free_ports HETI_LISTEN_PORT HETI_METRICS_PORT DEMO_PORT PROMETHEUS_PORT ALERTMANAGER_PORT ALERT_SINK_PORT
directory=$(mktemp -d)
export DEMO_WEEK_DATA=$directory/week
printed=$directory/printed

pid=
stop() {
  if [[ -n $pid ]]; then kill "$pid" 2>/dev/null && wait "$pid" || true; fi
  rm -rf "$directory"
}
trap stop EXIT
says() { grep -q -- "$1" "$printed"; }
is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

mkdir -p "$DEMO_WEEK_DATA"
echo mine >"$DEMO_WEEK_DATA/letter"
! deploy/run --demo-week >"$printed" 2>&1 || fail "a directory of something else is refused"
says "$DEMO_WEEK_DATA holds something else" || fail "the refusal names the directory"
[[ -e $DEMO_WEEK_DATA/letter ]] || fail "what is there stays"
echo "ok: a directory of something else is refused"
rm -r "$DEMO_WEEK_DATA"
mkdir -p "$DEMO_WEEK_DATA/journal" "$DEMO_WEEK_DATA/monitoring"
touch "$DEMO_WEEK_DATA/journal/demo-clock" "$DEMO_WEEK_DATA/monitoring/of-the-last-time"

begun=$SECONDS
deploy/run --demo-week >"$printed" 2>&1 &
pid=$!
wants "the addresses are told" 60 says "The wall  *http://localhost:$HETI_LISTEN_PORT/wall"
[[ ! -e $DEMO_WEEK_DATA/monitoring/of-the-last-time ]] || fail "the week begins anew"
[[ -e $DEMO_WEEK_DATA/journal/journal.db ]] || fail "the journal is the demonstration's own"
prometheus_says() {
  curl --silent --fail --get "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/query" --data-urlencode "query=$1" | grep -q '"value":'
}
wants "the players come, and Prometheus sees their chats" 60 prometheus_says 'sum(heti_contacts_total) > 5'
wants "the opening of this morning is the wall clock's" 30 \
  prometheus_says 'time() - heti_queue_open_since_timestamp_seconds >= 0 < 3600'
wants "a page of the demonstration arrives" 60 says '^ALERT page'
echo "the first page $((SECONDS - begun)) s after the start"
wants "an hour is told" 120 says '^2026-11-23 1[2-9]:00  arrivals'
wants "the way of the alerts is open" 120 says "dead man's switch arrives"

kill -TERM "$pid"
code=0
wait "$pid" || code=$?
pid=
[[ $code == 0 ]] || fail "it ends with $code"
says '^total  contacts' || fail "the players tell their totals"
for name in HETI_LISTEN_PORT HETI_METRICS_PORT DEMO_PORT PROMETHEUS_PORT ALERTMANAGER_PORT ALERT_SINK_PORT; do
  wants "${name} is free again" 20 is_free "${!name}"
done
