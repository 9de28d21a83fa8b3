# Sourced by deploy/run and tests/run: installs the Debian packages that are named and missing, as root or with sudo.
# shellcheck shell=bash

build_packages=(g++ cmake ninja-build pkg-config ccache libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
  prometheus-cpp-dev libspdlog-dev libssl-dev libsqlite3-dev libhowardhinnant-date-dev libtomlplusplus-dev
  libcli11-dev libsodium-dev libhiredis-dev tzdata ca-certificates curl)

install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] ||
      missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return 0; fi
  echo "== installing: ${missing[*]}"
  local as_root=()
  if [[ "$(id -u)" != 0 ]]; then as_root=(sudo); fi
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Node 18 or later, with npm: Debian's own unless there is one already.
install_node() {
  local major
  major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/') || true
  if [[ -n "$major" && "$major" -ge 18 ]] && command -v npm >/dev/null; then return 0; fi
  install_packages nodejs npm
}

# The faces, built into web/dist: "prod" fetches what the build needs, "all" what the tests need too. Does nothing if
# no source is newer than the last build.
build_web() {
  local wanted=$1 stamp=web/node_modules/.installed omit=()
  if [[ "$wanted" == prod ]]; then omit=(--omit=dev); fi
  if [[ ! -e $stamp || web/package-lock.json -nt $stamp ]] || [[ "$wanted" == all && "$(cat $stamp)" != all ]]; then
    echo "== fetching the web packages"
    (cd web && npm ci --no-audit --no-fund --loglevel=error "${omit[@]}") || return 1
    echo "$wanted" >$stamp
  fi
  if [[ ! -e web/dist/.built ]] || [[ -n "$(find web protocol/schemas -newer web/dist/.built -type f \
      -not -path 'web/node_modules/*' -not -path 'web/dist/*' -print -quit)" ]]; then
    echo "== building the widget and the console"
    (cd web && npm run --silent build) || return 1
    touch web/dist/.built
  fi
}
