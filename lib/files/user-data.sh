#!/bin/sh
# User data of a database node. cloud-init runs it once per instance id, so it only writes files and starts a unit
# that retries for ever: a network that is not up yet costs a few seconds, never the node.
# lib/user-data.ts fills in what stands between doubled at signs. Nothing in here is secret: whoever is on the node can read user data.
set -eu
umask 077
mkdir -p /etc/holdfast
cat > /etc/holdfast/node.json <<'HOLDFAST_END'
@@NODE_CONFIG@@
HOLDFAST_END
cat > /etc/holdfast/install.env <<'HOLDFAST_END'
AWS_DEFAULT_REGION=@@REGION@@
HOLDFAST_BUNDLE=s3://@@BUNDLE_BUCKET@@/@@BUNDLE_KEY@@
HOLDFAST_END
umask 022
cat > /usr/local/sbin/holdfast-install <<'HOLDFAST_END'
@@INSTALL_SCRIPT@@
HOLDFAST_END
chmod 0755 /usr/local/sbin/holdfast-install
cat > /etc/systemd/system/holdfast-install.service <<'HOLDFAST_END'
@@INSTALL_UNIT@@
HOLDFAST_END
systemctl daemon-reload
systemctl enable holdfast-install.service
# cloud-init must not wait for the node, nor the node for cloud-init.
systemctl start --no-block holdfast-install.service
