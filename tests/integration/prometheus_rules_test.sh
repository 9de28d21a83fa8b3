#!/bin/sh
# What Prometheus and Alertmanager themselves say of deploy/prometheus: syntax, unit tests of the rules, routing. And what
# they cannot know: every metric in a rule exists in the service, every alert leads to a runbook that is there.
#
#   prometheus_rules_test.sh [SCRAPE]    SCRAPE: a file with the text of /metrics, checked by promtool's linter too
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
scrape=${1:-}
[ -z "$scrape" ] || scrape=$(cd "$(dirname "$scrape")" && pwd)/$(basename "$scrape")
cd "$root/deploy/prometheus"

failures=0
fail() {
  echo "FAILED: $1" >&2
  failures=$((failures + 1))
}
# run WHAT COMMAND...: quiet if it succeeds.
run() {
  what=$1
  shift
  if said=$("$@" 2>&1); then
    echo "ok: $what"
  else
    echo "$said" >&2
    fail "$what"
  fi
}

for tool in promtool amtool; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: install prometheus and prometheus-alertmanager" >&2; exit 1; }
done

run "the configuration of Prometheus" promtool check config prometheus.yml
run "the rules" promtool check rules rules/*.yml
for test in tests/*_test.yml; do
  run "$test" promtool test rules "$test"
done
run "the configuration of Alertmanager" amtool check-config alertmanager.yml

# goes_to RECEIVER LABEL=VALUE...
goes_to() {
  receiver=$1
  shift
  run "$* goes to $receiver" amtool config routes test --config.file=alertmanager.yml --verify.receivers="$receiver" "$@"
}
goes_to support-page alertname=ChatVisitorWaitingTooLong severity=page audience=support
goes_to ops-page alertname=HetiDown severity=page audience=ops
goes_to chatops alertname=ChatQueueUnstaffed severity=warning audience=support
goes_to tickets alertname=Unknown

# Recorded names carry colons and are made here; all the others must be in the service's catalogue.
catalogue="$root/service/monitor/catalogue.hpp"
metrics=$(sed 's/queue:[a-z0-9_:]*//g; s/#.*//' rules/*.yml | grep -oE '\bheti_[a-z_]+' | sort -u)
[ -n "$metrics" ] || fail "no metric was found in the rules"
for metric in $metrics; do
  grep -q "\"$metric\"" "$catalogue" || fail "$metric is in a rule, but not in $catalogue"
done

alerts=$(grep -c -- '- alert:' rules/heti.alerts.yml)
for key in severity audience summary description action runbook_url; do
  count=$(grep -cE "^ +$key: " rules/heti.alerts.yml)
  [ "$count" -eq "$alerts" ] || fail "$count of $alerts alerts have $key"
done
for runbook in $(sed -n 's/^ *runbook_url: //p' rules/heti.alerts.yml | sort -u); do
  [ -f "$root/$runbook" ] || fail "$runbook is not there"
done
echo "ok: $(echo "$metrics" | wc -l) metrics and $alerts alerts compared with the service and the runbooks"

if [ -n "$scrape" ]; then
  said=$(promtool check metrics <"$scrape" 2>&1) || fail "promtool check metrics"
  [ -z "$said" ] || fail "promtool says of the scrape: $said"
  echo "ok: the text of the scrape"
fi

[ "$failures" -eq 0 ] || { echo "$failures failed" >&2; exit 1; }
