#!/bin/sh
# Makes a Debian tree a lab machine: what an EC2 instance has from its firmware and its cloud image, it has from here.
set -eu
root=$1
cp -R --no-preserve=ownership "$(dirname "$0")/root/." "$root/"

# cloud-init recognizes EC2, and with it the token-only metadata service, by the firmware's system id. A container has no
# firmware and cannot add files to sysfs, so the id stands in a file of the image.
source_file=usr/lib/python3/dist-packages/cloudinit/sources/DataSourceEc2.py
grep -q '"/sys/hypervisor/uuid"' "$root/$source_file"
sed -i 's#"/sys/hypervisor/uuid"#"/etc/holdfast-lab/system-uuid"#' "$root/$source_file"
chroot "$root" py3compile -p cloud-init

# Databases are the agent's business; timers and login prompts only cost time here.
chroot "$root" systemctl --quiet mask \
  postgresql.service pgbouncer.service \
  apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
  e2scrub_all.timer e2scrub_reap.service xfs_scrub_all.timer fstrim.timer \
  console-getty.service getty@tty1.service systemd-pstore.service

# Every machine gets its own id; an empty file is not taken for a first boot, which would undo the masks' presets.
: >"$root/etc/machine-id"
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
chroot "$root" /usr/lib/systemd/systemd-update-done
