"""``netpol convert``: what the NetworkPolicies of an old cluster mean today."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from .._diagnostics import Diagnostic
from .._netpol import Manifest
from .._options import ReadOptions
from .._verdicts import Admission
from .loading import Loading, expanded
from .parsers import add_command
from .terminal import is_coloured, tell

if TYPE_CHECKING:
    from .parsers import Subparsers

ABOUT = """\
What does a cluster of Kubernetes 1.3 to 1.6 mean today? Prints the networking.k8s.io/v1
NetworkPolicies that do what its NetworkPolicies and the annotations of its Namespaces did.

Policies are read in extensions/v1beta1, net.alpha.kubernetes.io/v1alpha1 (also without an
apiVersion) and networking.k8s.io/v1. Give the Namespaces too: without them nobody can tell which
of the policies had any effect. Where nothing is of an older form, the policies are printed as they
are.
"""

MORE = """\
exits with 0 when everything was converted; with 1 when it was, but notes on the standard error say
what was left out or could not be known; with 2 when the manifests cannot be read

examples:
  $ netpol convert netpol-core/examples/shop/policies.yaml
  $ netpol convert -o json netpol-core/testdata/articles/003-1-alpha-pol1.json
  $ kubectl get netpol,ns -A -o json | netpol convert --stored -
"""

# What a warning says more than that a policy is of an older form, and what that means to a cluster
# of today, which is what this command is for.
NO_NEWS = {"version-removed", "empty-list", "third-party-form"}


def add_parser(subparsers: Subparsers) -> None:
    """Adds the parser of the command."""
    parser = add_command(subparsers, "convert", about=ABOUT, more=MORE)
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, a directory, or -")
    parser.add_argument(
        "-n",
        "--namespace",
        default="default",
        help="where policies are that name no namespace (default: default)",
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=("yaml", "json"),
        default="yaml",
        help="yaml (the default): one document each; or json: one List",
    )
    parser.add_argument(
        "--stored",
        action="store_true",
        help="the manifests come from a cluster: take what it took, with warnings",
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the policies."""
    loading = Loading(
        paths=expanded(arguments.paths),
        admission=Admission.STORED if arguments.stored else Admission.CREATE,
        reading=ReadOptions(default_namespace=arguments.namespace, legacy=True),
    )
    manifest = loading.manifest()
    told = manifest.check(admission=loading.admission)
    if any(found.is_error for found in told):
        tell(loading.report(manifest))
        return 2
    conversion = manifest.convert()
    notes: tuple[Diagnostic, ...] = conversion.notes
    news = [*(found for found in told if found.code not in NO_NEWS), *notes]
    if news:
        tell(manifest.excerpts(news, coloured=is_coloured(sys.stderr)))
    if arguments.output == "json":
        listed = {"apiVersion": "v1", "kind": "List", "items": list(conversion.policies)}
        print(json.dumps(listed, indent=2, ensure_ascii=False))
    else:
        sys.stdout.write("---\n".join(document(policy) for policy in conversion.policies))
    return 1 if notes else 0


def document(policy: dict[str, Any]) -> str:
    """A policy as a YAML document.

    What a YAML writer leaves bare may be something else than text to the API server, so each document
    is read back. Where it is not the same, JSON is YAML too.
    """
    import yaml

    text: str = yaml.safe_dump(policy, sort_keys=False, allow_unicode=True, width=float("inf"))
    # A policy that has no namespace keeps having none.
    reading = ReadOptions(default_namespace=policy["metadata"].get("namespace", ""))
    again = Manifest.read(text, reading=reading)
    if not any(found.is_error for found in again.check()) and again.convert().policies == (policy,):
        return text
    return json.dumps(policy, indent=2, ensure_ascii=False) + "\n"
