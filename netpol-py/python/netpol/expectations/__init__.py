"""Files that say what manifests are expected to allow and to deny.

They are YAML, and named ``*.netpol.yaml``::

    # yaml-language-server: $schema=expectations.schema.json
    manifests: [../k8s]               # relative to this file
    namespace: shop                   # of names that have none
    defaults: {to: db, port: postgres, expect: deny}
    expectations:
    - {from: api, expect: allow, by: shop/db}
    - from: [web, "dev/*", 0.0.0.0/0]

pytest collects them as tests, and ``netpol test`` runs them without pytest. Here are the same for
programs.

>>> from netpol import expectations
>>> file = expectations.loads('''
... manifests: netpol-core/examples/shop
... expectations:
... - {from: shop/web, to: shop/db, port: postgres, expect: allow}
... ''', name="shop.netpol.yaml")
>>> print(*file.check(), sep="\\n")
shop.netpol.yaml:4:3: shop/web -> shop/db:postgres is denied, and was expected to be allowed
  deny
  TCP shop/web -> shop/db port 5432
  egress from shop/web: allow, not isolated
  ingress to shop/db: deny, isolated by NetworkPolicy shop/db, NetworkPolicy shop/default-deny, and no rule matches
    nearest: NetworkPolicy shop/db spec.ingress[0] (from[0]): the pod's labels do not match `app=api`

The format in full is `SCHEMA`, a JSON Schema, with which editors complete and check as one writes.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from ._model import Expectation, ExpectationFile, Outcome, Status, find
from ._reading import loads, read

SCHEMA: Traversable = files(__name__) / "expectations.schema.json"
"""The JSON Schema of the files, which ``netpol test --schema`` prints."""

__all__ = [
    "SCHEMA",
    "Expectation",
    "ExpectationFile",
    "Outcome",
    "Status",
    "find",
    "loads",
    "read",
]
