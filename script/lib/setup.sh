# Sourced by the scripts beside it: what a bare machine lacks is installed, what cannot be is said.
# shellcheck shell=bash

# One line of progress; on a terminal in colour.
say() {
  if [ -t 2 ]; then printf '\033[1m%s\033[0m\n' "$*" >&2; else printf '%s\n' "$*" >&2; fi
}

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Node 20.11 or newer and npm.
need_node() {
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    fail "Node is not installed. Install Node 20.11 or newer with npm, for example Debian 13's packages nodejs and npm."
  fi
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 11) ? 0 : 1)' ||
    fail "Node $(node --version) is too old. Install Node 20.11 or newer."
}

# The packages of package-lock.json, exactly; again when the lock has changed since.
need_modules() {
  local stamp=node_modules/.holdfast-lock
  if [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; then return; fi
  say "Installing npm packages …"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp package-lock.json "$stamp"
}

# Why the parts that need a Debian machine and root cannot run here; empty when they can.
why_no_machines() {
  if [ "$(uname -s)" != Linux ]; then
    echo "this is $(uname -s), and the lab's machines need Linux"
  elif ! command -v apt-get >/dev/null; then
    echo "this is no Debian or Ubuntu system (there is no apt-get)"
  elif [ "$(id -u)" -ne 0 ]; then
    echo "you are not root"
  fi
}

# Debian packages of the host, by package name; asks the archive only when one is missing.
need_packages() {
  local package
  local -a missing=()
  for package in "$@"; do
    [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] ||
      missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then return; fi
  say "Installing ${missing[*]} …"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq -o DPkg::Lock::Timeout=600 install --yes --no-install-recommends "${missing[@]}" >/dev/null
}

# What the lab's machines are made with.
# shellcheck disable=SC2034 # Used by those who source this.
HOST_PACKAGES=(mmdebstrap systemd-container nftables iproute2 e2fsprogs util-linux)
