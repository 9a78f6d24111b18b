"""Django settings that read what `cdk deploy --outputs-file outputs.json` wrote.

The role that runs the application needs `db.grantConnect(role)`, its network `db.clientSecurityGroup`.
"""

import json
from pathlib import Path
from urllib.parse import urlsplit

STACK = "Holdfast"
CA_FILE = Path("/run/holdfast-ca.pem")


def read_outputs(path, stack=STACK):
    """The stack's outputs. A stack of your own has the construct's id before each name: `DbDsn`."""
    return json.loads(Path(path).read_text())[stack]


def read_secret(outputs):
    """User and password. Read at start: the password is in no file."""
    import boto3

    client = boto3.client("secretsmanager")
    return json.loads(client.get_secret_value(SecretId=outputs["SecretArn"])["SecretString"])


def write_ca(outputs, path=CA_FILE):
    """The certificate that proves that a host is one of the cluster's."""
    import boto3

    client = boto3.client("ssm")
    parameter = client.get_parameter(Name=outputs["CaCertificateParameterName"])["Parameter"]
    path.write_text(parameter["Value"])
    return path


def writer(outputs, secret, ca_file):
    """All slots; libpq goes on to the next host until one accepts writes. A failover needs no DNS change."""
    hosts = [host.rpartition(":") for host in urlsplit(outputs["Dsn"]).netloc.split(",")]
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "HOST": ",".join(name for name, _, _ in hosts),
        "PORT": ",".join(port for _, _, port in hosts),
        "NAME": outputs["DatabaseName"],
        "USER": secret["username"],
        "PASSWORD": secret["password"],
        # A connection that a failover broke is replaced before the next request, not by an error in it.
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            "target_session_attrs": "read-write",
            "sslmode": "verify-full",
            "sslrootcert": str(ca_file),
            "connect_timeout": 2,
            "keepalives_idle": 60,
            "tcp_user_timeout": 10_000,
        },
    }


def reader(outputs, secret, ca_file):
    """The standbys that keep up. What was just written may be missing there."""
    settings = writer(outputs, secret, ca_file)
    settings["HOST"] = outputs["ReaderEndpoint"]
    settings["PORT"] = outputs["Port"]
    settings["OPTIONS"] = {**settings["OPTIONS"], "target_session_attrs": "any"}
    return settings


def databases(path="outputs.json"):
    """Put `DATABASES = databases()` into your settings."""
    outputs = read_outputs(path)
    secret = read_secret(outputs)
    ca_file = write_ca(outputs)
    return {"default": writer(outputs, secret, ca_file), "reader": reader(outputs, secret, ca_file)}
