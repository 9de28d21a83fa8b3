# Sourced by deploy/run --demo-week: the clock, the data and the players of the demonstration.
# shellcheck shell=bash

demo_week_speed=60
# A moment before the lunch at which nobody is there, so that the first page comes within a minute.
demo_week_clock=(--clock-speed "$demo_week_speed" --start-at 2026-11-23T11:27)
demo_week_data=${DEMO_WEEK_DATA:-$PWD/data/demo-week}
export HETI_CONFIG=deploy/demo-week.toml HETI_JOURNAL_PATH=$demo_week_data/journal
# A minute of the demonstration is a second: Prometheus looks every five, and alerts wait as long before they are told.
MONITORING_DATA=$demo_week_data/monitoring
MONITORING_INTERVAL=5s

# The week begins with its Monday each time: what is left of the last one is deleted. Heti's mark tells that it is one.
demo_week_is_ours() {
  if [[ ! -e $demo_week_data ]]; then return 0; fi
  if [[ ! -e $demo_week_data/journal/demo-clock ]]; then
    echo "deploy/run: $demo_week_data holds something else than a demonstration; move it away, or set DEMO_WEEK_DATA=" >&2
    return 1
  fi
}

# To be called when Heti is ready; adds the players to the array `beside`.
start_demo_week() {
  cat <<TEXT
    The wall                 http://localhost:$port/wall           log in as helmi, password kahvitauko
    The players              visitors and agents from a seed, $demo_week_speed times as fast as real time; one line an hour, here

TEXT
  "$heti" demo --speed "$demo_week_speed" --url "http://127.0.0.1:$port" &
  beside+=("$!")
}
