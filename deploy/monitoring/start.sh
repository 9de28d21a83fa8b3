# Sourced by deploy/run: Debian's Prometheus and Alertmanager, and a receiver that prints alerts, next to Heti.
# shellcheck shell=bash

prometheus_port=${PROMETHEUS_PORT:-9090}
alertmanager_port=${ALERTMANAGER_PORT:-9093}
alert_sink_port=${ALERT_SINK_PORT:-9094}
monitoring_data=${MONITORING_DATA:-$PWD/data/monitoring}

# Debian's packages start both as services of the machine, on the very ports that deploy/run wants. Where it was
# deploy/run that brought them, they are switched off again; services that were there before are left alone.
install_monitoring() {
  local package as_root=() brought=()
  for package in prometheus prometheus-alertmanager; do
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || brought+=("$package")
  done
  if ((${#brought[@]} == 0)); then return 0; fi
  install_packages "${brought[@]}"
  if [[ ! -d /run/systemd/system ]]; then return 0; fi
  if [[ "$(id -u)" != 0 ]]; then as_root=(sudo); fi
  "${as_root[@]}" systemctl disable --quiet --now "${brought[@]}"
}

# Before anything is started: somebody else's Prometheus on the port would look like ours.
monitoring_ports_are_free() {
  local name port free=0
  for name in PROMETHEUS_PORT:$prometheus_port ALERTMANAGER_PORT:$alertmanager_port ALERT_SINK_PORT:$alert_sink_port; do
    port=${name#*:}
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "deploy/run: port $port is taken; stop what listens there, or choose another one with ${name%:*}=" >&2
      free=1
    fi
  done
  return "$free"
}

# start_monitoring HOST:PORT of Heti's metrics. Adds what it starts to the array `beside`.
start_monitoring() {
  mkdir -p "$monitoring_data"
  node deploy/monitoring/configure.mjs --out "$monitoring_data" --heti "$1" --prometheus "127.0.0.1:$prometheus_port" \
    --alertmanager "127.0.0.1:$alertmanager_port" --sink "http://127.0.0.1:$alert_sink_port" \
    ${MONITORING_INTERVAL:+--every "$MONITORING_INTERVAL"}
  node deploy/monitoring/sink.mjs --port "$alert_sink_port" &
  beside+=("$!")
  # Alertmanager stays alone: no address, no cluster, no further port.
  prometheus-alertmanager --config.file="$monitoring_data/alertmanager.yml" --storage.path="$monitoring_data/alertmanager" \
    --web.listen-address="127.0.0.1:$alertmanager_port" --cluster.listen-address= 2>"$monitoring_data/alertmanager.log" &
  beside+=("$!")
  # The dashboard of the month looks back 28 days; Prometheus forgets after 15 unless it is told.
  prometheus --config.file="$monitoring_data/prometheus.yml" --storage.tsdb.path="$monitoring_data/prometheus" \
    --storage.tsdb.retention.time=40d --web.listen-address="127.0.0.1:$prometheus_port" 2>"$monitoring_data/prometheus.log" &
  beside+=("$!")
}

monitoring_is_ready() { # name, port, log
  local _
  for _ in $(seq 200); do
    if curl --silent --fail --output /dev/null "http://127.0.0.1:$2/-/ready"; then return 0; fi
    sleep 0.1
  done
  echo "deploy/run: $1 is not ready on port $2; its log is $3" >&2
  return 1
}

monitoring_addresses() {
  local said=
  monitoring_is_ready Alertmanager "$alertmanager_port" "$monitoring_data/alertmanager.log" || said=" (not ready)"
  monitoring_is_ready Prometheus "$prometheus_port" "$monitoring_data/prometheus.log" || said=" (not ready)"
  cat <<TEXT
    Prometheus               http://127.0.0.1:$prometheus_port/alerts  /targets  /graph$said
    Alertmanager             http://127.0.0.1:$alertmanager_port/
    Alerts                   are printed here, as lines that begin with ALERT; ENDED when they are over

    Dashboards: Grafana is not in Debian. In one of your own (12 or later): copy grafana/provisioning/ over
    /etc/grafana/provisioning/ without its folder alerting/ (Alertmanager does that here), grafana/dashboards/ to
    /var/lib/grafana/dashboards/heti/, and set the addresses above in provisioning/datasources/heti.yml.

TEXT
}
