#!/bin/bash
# Makes a Debian 13 machine a database node: packages, users, directories, units, packet filter. Started by user data
# until it succeeds once; doing it again changes nothing and disturbs nothing that runs.
set -euo pipefail

readonly files=/opt/holdfast/files
readonly installed=/etc/holdfast/installed.sha256

main() {
  keep_packages_quiet
  install_packages
  make_directories
  install_units
  start_agent
}

# The packages' own units must never start anything on the slot's data or port. Masked before they are installed.
keep_packages_quiet() {
  install -D -m 0644 "$files/createcluster.conf" /etc/postgresql-common/createcluster.d/holdfast.conf
  install -D -m 0644 "$files/apt.conf" /etc/apt/apt.conf.d/60holdfast
  local unit
  for unit in postgresql.service postgresql@.service pgbouncer.service pgbouncer.socket pgbackrest.service; do
    install -d /etc/systemd/system
    ln -sfn /dev/null "/etc/systemd/system/$unit"
  done
  systemctl daemon-reload
}

install_packages() {
  local names
  names=$(missing_packages)
  if [ -z "$names" ]; then
    echo "All packages are installed."
    return
  fi
  local -a missing
  mapfile -t missing <<<"$names"
  echo "Installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # The first boot's unattended upgrade holds dpkg's lock for minutes.
  # Left by a power cut in the middle: apt would refuse to do anything.
  if [ -n "$(dpkg --audit)" ]; then
    dpkg --configure -a --force-confold
  fi
  local -a options=(-o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 -o Dpkg::Options::=--force-confold)
  apt-get "${options[@]}" update
  apt-get "${options[@]}" install --yes --no-install-recommends "${missing[@]}"
}

missing_packages() {
  local package status
  while read -r package; do
    status=$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null || true)
    if [ "$status" != installed ]; then
      echo "$package"
    fi
  done <"$files/packages.list"
}

make_directories() {
  install -d -m 0755 /etc/holdfast /var/lib/holdfast
  install -d -m 0750 -o root -g postgres /etc/holdfast/tls
}

install_units() {
  # A server that an image's maker left running, on the clients' port.
  systemctl stop 'postgresql@*.service' pgbouncer.service pgbackrest.service 2>/dev/null || true
  install -m 0644 "$files/holdfast-agent.service" "$files/holdfast-postgres.service" /etc/systemd/system/
  install -D -m 0644 "$files/sysctl.conf" /etc/sysctl.d/60-holdfast.conf
  systemctl daemon-reload
  # Does nothing in a container, where these belong to the host.
  systemctl restart systemd-sysctl.service
}

# An agent that runs this very bundle already is left alone. PostgreSQL goes on in any case.
start_agent() {
  local bundle
  bundle=$(find /opt/holdfast -type f -print0 | sort --zero-terminated | xargs --null sha256sum | sha256sum)
  systemctl enable holdfast-agent.service
  if [ "$bundle" = "$(cat "$installed" 2>/dev/null || true)" ]; then
    systemctl start --no-block holdfast-agent.service
  else
    systemctl restart --no-block holdfast-agent.service
    echo "$bundle" >"$installed"
  fi
}

main "$@"
