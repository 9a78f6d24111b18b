#!/bin/sh
# Fetches the node bundle and hands over to its install.sh. Run by holdfast-install.service at every boot, again and
# again until it succeeds. A bundle that is already unpacked is not fetched again: a reboot needs no S3.
set -eu
target=/opt/holdfast
unpacked=$target/.unpacked-from

if [ "$(cat "$unpacked" 2>/dev/null || true)" != "$HOLDFAST_BUNDLE" ]; then
  fresh=$(mktemp -d /opt/holdfast-fetch.XXXXXX)
  trap 'rm -rf "$fresh"' EXIT
  aws s3 cp --only-show-errors "$HOLDFAST_BUNDLE" "$fresh/bundle.zip"
  python3 -m zipfile -e "$fresh/bundle.zip" "$fresh/bundle"
  # Python's unzip drops the mode bits.
  find "$fresh/bundle" -type f -exec chmod 0644 {} +
  find "$fresh/bundle" -type f -name '*.sh' -exec chmod 0755 {} +
  find "$fresh/bundle" -type d -exec chmod 0755 {} +
  printf '%s' "$HOLDFAST_BUNDLE" > "$fresh/bundle/.unpacked-from"
  rm -rf "$target"
  mv "$fresh/bundle" "$target"
  # `exec` below does not run the trap.
  rm -rf "$fresh"
  trap - EXIT
fi
exec "$target/files/install.sh"
