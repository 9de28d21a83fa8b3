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
# Every alert, with the labels that its rule gives it.
while read -r alert severity audience; do
  case $severity-$audience in
    page-support) receiver=support-page ;;
    page-ops) receiver=ops-page ;;
    warning-support | warning-ops) receiver=chatops ;;
    ticket-support | ticket-ops) receiver=tickets ;;
    none-ops) receiver=deadman ;;
    *) fail "$alert has severity \"$severity\" and audience \"$audience\", for which nobody is there" && continue ;;
  esac
  goes_to "$receiver" "alertname=$alert" "severity=$severity" "audience=$audience"
done <<ALERTS
$(awk '$2 == "alert:" { name = $3 } $1 == "severity:" { severity = $2 } $1 == "audience:" { print name, severity, $2 }' rules/*.yml)
ALERTS
goes_to tickets alertname=Unknown

# Recorded names carry colons and are made here; process_* is no name of ours; all the others must be in the service's
# catalogue.
catalogue="$root/service/monitor/catalogue.hpp"
metrics=$(sed 's/queue:[a-z0-9_:]*//g; s/#.*//' rules/*.yml | grep -oE '\bheti_[a-z_]+' | sort -u)
[ -n "$metrics" ] || fail "no metric was found in the rules"
for metric in $metrics; do
  # Of a histogram the catalogue has the name without the part that PromQL reads.
  name=$(echo "$metric" | sed -E 's/_(bucket|count|sum)$//')
  grep -q "\"$name\"" "$catalogue" || fail "$metric is in a rule, but not in $catalogue"
done

alerts=$(sed -n 's/^ *- alert: //p' rules/*.yml | sort)
[ "$(echo "$alerts" | uniq -d)" = "" ] || fail "an alert is there twice: $(echo "$alerts" | uniq -d)"
count=$(echo "$alerts" | wc -l)
for key in severity audience summary description action runbook_url; do
  # The dead man's switch has no page: it always fires.
  wanted=$count
  [ "$key" != runbook_url ] || wanted=$((count - 1))
  found=$(cat rules/*.yml | grep -cE "^ +$key: ")
  [ "$found" -eq "$wanted" ] || fail "$found of $wanted alerts have $key"
done
for runbook in $(sed -n 's/^ *runbook_url: //p' rules/*.yml | sort -u); do
  [ -f "$root/$runbook" ] || fail "$runbook is not there"
done
# A page that is read in a hurry has its parts where they always are.
parts='## What the customer feels
## The one look
## First three checks, in order
## Action (owner:
## When to escalate
## How to see that it is over
## Known false causes'
for runbook in "$root"/docs/runbooks/RB-*.md; do
  page=docs/runbooks/$(basename "$runbook")
  found=$(grep '^## ' "$runbook" | sed 's/^\(## Action (owner:\).*/\1/')
  [ "$found" = "$parts" ] || fail "$page does not follow the template: its parts are $(echo "$found" | tr '\n' ';')"
  head -n 1 "$runbook" | grep -q "^# $(basename "$runbook" .md): ." || fail "$page does not begin with its own name"
  empty=$(awk '/^## / { if (part != "" && !said) print part; part = $0; said = 0; next } NF { said = 1 } END { if (!said) print part }' "$runbook")
  [ -z "$empty" ] || fail "$page says nothing under \"$empty\""
  checks=$(awk '/^## First three checks/ { on = 1; next } /^## / { on = 0 } on && /^[0-9]+\. / { n++ } END { print n + 0 }' "$runbook")
  [ "$checks" -eq 3 ] || fail "$page has $checks first checks, not three"
  looks=$(awk '/^## The one look/ { on = 1; next } /^## / { on = 0 } on' "$runbook" | grep -c 'http://127.0.0.1:3000/d/heti-') || true
  [ "$looks" -eq 1 ] || fail "$page names $looks dashboards, not one"
  grep -q "runbook_url: $page\$" rules/*.yml || fail "no alert leads to $page"
done
for dashboard in $(grep -ho '3000/d/heti-[a-z]*' "$root"/docs/runbooks/RB-*.md | sed 's/.*\///' | sort -u); do
  [ -f "$root/grafana/dashboards/$dashboard.json" ] || fail "a runbook leads to the dashboard $dashboard, which is not there"
done
for alert in $alerts; do
  grep -qA1 "^ *alertname: $alert$" tests/*_test.yml || fail "no test waits for $alert to fire"
  [ "$alert" != Watchdog ] || continue
  runbook=$(awk -v alert="$alert" '$2 == "alert:" { on = $3 == alert } on && $1 == "runbook_url:" { print $2 }' rules/*.yml)
  { [ -n "$runbook" ] && grep -q "\*\*$alert\*\*" "$root/$runbook"; } || fail "$alert leads to \"$runbook\", which does not speak of it"
done
# An inhibition that names an alert which is not there silences nothing, and nobody would notice.
for named in $(sed 's/#.*//' alertmanager.yml | grep -oE '\b(Chat|Heti)[A-Z][A-Za-z]+'); do
  echo "$alerts" | grep -qx "$named" || fail "alertmanager.yml names $named, which is no alert"
done
echo "ok: $(echo "$metrics" | wc -l) metrics and $count alerts compared with the service, the tests and the runbooks"

if [ -n "$scrape" ]; then
  said=$(promtool check metrics <"$scrape" 2>&1) || fail "promtool check metrics"
  [ -z "$said" ] || fail "promtool says of the scrape: $said"
  echo "ok: the text of the scrape"
fi

echo "ok: $(echo "$root"/docs/runbooks/RB-*.md | wc -w) runbooks follow the template"

[ "$failures" -eq 0 ] || { echo "$failures failed" >&2; exit 1; }
