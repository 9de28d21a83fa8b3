#!/usr/bin/env bash
# What deploy/run --with-monitoring starts, without Heti: Prometheus keeps 40 days and knows the rules, an alert that
# reaches Alertmanager is printed as a line, taken ports are refused before anything is started, and all of it ends.
set -euo pipefail
cd "$(dirname "$0")/../.."

# shellcheck source=tests/integration/wants.sh
source tests/integration/wants.sh
free_ports PROMETHEUS_PORT ALERTMANAGER_PORT ALERT_SINK_PORT
MONITORING_DATA=$(mktemp -d)
printed=$MONITORING_DATA/printed
# shellcheck source=deploy/monitoring/start.sh
source deploy/monitoring/start.sh

beside=()
stop() {
  kill "${beside[@]}" 2>/dev/null || true
  wait "${beside[@]}" 2>/dev/null || true
  rm -rf "$MONITORING_DATA"
}
trap stop EXIT

monitoring_ports_are_free || fail "the free ports are free"
start_monitoring 127.0.0.1:9 >"$printed"
monitoring_addresses >"$MONITORING_DATA/addresses"
! grep -q 'not ready' "$MONITORING_DATA/addresses" || fail "both are ready"
grep -q "http://127.0.0.1:$PROMETHEUS_PORT/alerts" "$MONITORING_DATA/addresses" || fail "the address of Prometheus is told"
grep -q 'grafana/provisioning' "$MONITORING_DATA/addresses" || fail "the way to Grafana is told"

prometheus_says() { curl --silent --fail "http://127.0.0.1:$PROMETHEUS_PORT/api/v1/$1" | grep -q "$2"; }
wants "Prometheus keeps 40 days" 5 prometheus_says status/flags '"storage.tsdb.retention.time":"40d"'
wants "Prometheus has the rules" 5 prometheus_says rules '"name":"ChatVisitorWaitingTooLong"'
wants "Prometheus knows Alertmanager" 20 prometheus_says alertmanagers "127.0.0.1:$ALERTMANAGER_PORT"
wants "Prometheus asks Heti" 5 prometheus_says targets '"scrapeUrl":"http://127.0.0.1:9/metrics"'

raise() {
  curl --silent --fail -H 'Content-Type: application/json' "http://127.0.0.1:$ALERTMANAGER_PORT/api/v2/alerts" --data '[{
    "labels": {"alertname": "ChatQueueUnstaffed", "queue": "support", "severity": "warning", "audience": "support"},
    "annotations": {"summary": "support is open, and nobody is there", "action": "Look.", "runbook_url": "docs/runbooks/RB-02.md"}}]'
}
raise || fail "Alertmanager takes an alert"
wants "the alert is printed" 40 grep -qx \
  'ALERT warning support ChatQueueUnstaffed queue=support: support is open, and nobody is there. Look. (docs/runbooks/RB-02.md)' "$printed"
wants "the dead man's switch is told" 120 grep -q "dead man's switch arrives" "$printed"

said=$(monitoring_ports_are_free 2>&1) && fail "ports that are taken are refused"
for name in PROMETHEUS_PORT ALERTMANAGER_PORT ALERT_SINK_PORT; do
  [[ $said == *"port ${!name} is taken"*"$name="* ]] || fail "$name is named: $said"
done
echo "ok: taken ports are refused"

kill "${beside[@]}"
wait "${beside[@]}" || true
for pid in "${beside[@]}"; do ! kill -0 "$pid" 2>/dev/null || fail "process $pid goes on"; done
monitoring_ports_are_free || fail "the ports are free again"
echo "ok: all of it has ended"
