#!/bin/sh
# enter-groups.sh DIRECTORY... -- COMMAND ARGUMENT...
# Joins control groups, so that the command and all it forks belong to them from the start, and becomes the command.
set -eu
while [ "$1" != -- ]; do
  echo $$ >"$1/cgroup.procs"
  shift
done
shift
exec "$@"
