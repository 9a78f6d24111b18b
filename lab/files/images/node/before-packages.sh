#!/bin/sh
# Runs on the half-made tree, before PostgreSQL's packages are unpacked: their installation must make no database.
set -eu
root=$1
mkdir -p "$root/etc/postgresql-common/createcluster.d"
echo 'create_main_cluster = false' >"$root/etc/postgresql-common/createcluster.d/holdfast.conf"
