#!/bin/bash
# Closes the door before anything listens. A table that is there already is left alone: an agent that restarts must not
# cut the clients of a healthy primary.
set -euo pipefail

if ! nft list table inet holdfast >/dev/null 2>&1; then
  exec nft --define door=closed --file /opt/holdfast/files/holdfast.nft
fi
