#!/bin/bash
# usage: volume-is-blank.sh DEVICE
# Exit status 0: positively blank. 10: something is on it. Anything else: it could not be told.
#
# Blank means that blkid's low-level probe, after reading the device, knows nothing on it, and that every place read past
# the page cache holds only zeros: the first and the last MiB, the places of ext4's first backup superblocks (a damaged
# file system must not be taken for none), and 32 places spread over the device. A new EBS volume is all zeros.
set -euo pipefail

readonly device=$1
readonly mebibyte=1048576
readonly in_use=10 unknown=11

main() {
  local bytes all_places place
  bytes=$(blockdev --getsize64 "$device")
  if [ "$bytes" -lt "$mebibyte" ]; then
    echo "$device has only $bytes bytes." >&2
    exit "$unknown"
  fi
  refuse_known_content
  all_places=$(places $((bytes / mebibyte)) | sort --numeric-sort --unique)
  for place in $all_places; do
    refuse_nonzero "$place"
  done
}

refuse_known_content() {
  local status=0 found
  found=$(blkid --probe --output export "$device") || status=$?
  case $status in
    2) ;; # Nothing found.
    0)
      echo "$device holds ${found//$'\n'/ }" >&2
      exit "$in_use"
      ;;
    *)
      echo "blkid cannot tell what is on $device (status $status)." >&2
      exit "$unknown"
      ;;
  esac
}

# In MiB from the beginning.
places() {
  local size=$1 group step
  echo 0
  echo $((size - 1))
  for group in 1 3 5 7 9; do
    [ $((group * 128)) -ge "$size" ] || echo $((group * 128))
  done
  for step in $(seq 1 32); do
    echo $((size * step / 33))
  done
}

refuse_nonzero() {
  local place=$1
  local -a statuses
  set +e
  dd if="$device" iflag=direct,fullblock bs="$mebibyte" skip="$place" count=1 status=none |
    cmp --silent --bytes="$mebibyte" - /dev/zero
  statuses=("${PIPESTATUS[@]}")
  set -e
  local -r read_status=${statuses[0]} compare_status=${statuses[1]}
  if [ "$read_status" -eq 0 ] && [ "$compare_status" -eq 0 ]; then
    return
  fi
  # cmp ends at the first difference, and dd then by SIGPIPE: 141.
  if [ "$compare_status" -eq 1 ] && { [ "$read_status" -eq 0 ] || [ "$read_status" -eq 141 ]; }; then
    echo "$device holds data at MiB $place." >&2
    exit "$in_use"
  fi
  echo "$device cannot be read at MiB $place (dd: $read_status, cmp: $compare_status)." >&2
  exit "$unknown"
}

main "$@"
