#!/bin/sh
# enter-client.sh ROOT DIRECTORY... -- COMMAND ARGUMENT...
# Becomes a command on the application machine: the tree ROOT with the kernel's file systems, and the given directories
# of this machine at their own paths, so that a program under development can be tried from there. Runs in a mount
# namespace of its own (unshare --mount): nothing has to be unmounted.
set -eu
root=$1
shift
directory=$PWD
for each in proc sys dev; do mount --rbind "/$each" "$root/$each"; done
mount -t tmpfs tmpfs "$root/tmp"
while [ "$1" != -- ]; do
  mkdir -p "$root$1"
  mount --bind "$1" "$root$1"
  shift
done
shift
# Starts where its caller stands, as far as that place exists there too.
# shellcheck disable=SC2016 # Expanded inside.
exec chroot "$root" /bin/sh -c 'cd "$0" 2>/dev/null || cd /root; exec "$@"' "$directory" "$@"
