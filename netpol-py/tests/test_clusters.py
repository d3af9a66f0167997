"""Writers: what they take, what they refuse, what they leave."""

from __future__ import annotations

import datetime
import io
import json
import ipaddress
import sys
from pathlib import Path
from typing import Any

import netpol
import pytest

from . import shop
from .cases import TESTDATA

WRONG = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.0/33}
      namespacesSelector: {}
"""


def test_text_bytes_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "db.yaml"
    path.write_text(shop.POLICY)
    sources: list[Any] = [
        shop.POLICY,
        shop.POLICY.encode(),
        bytearray(shop.POLICY.encode()),
        io.StringIO(shop.POLICY),
    ]
    for source in sources:
        assert netpol.Cluster().apply(source).objects == 1
    with path.open("rb") as file, pytest.raises(netpol.RefusedError, match="db.yaml:1:1: error"):
        file.seek(len("apiVersion: networking.k8s.io/v1\n"))
        netpol.Cluster().apply(file)
    for files in ([str(path)], [path], [tmp_path]):
        assert netpol.Cluster().apply_files(*files).objects == 1
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(shop.POLICY.encode())))
    assert netpol.Cluster().apply_files("-").objects == 1


def test_dictionaries_and_dumps() -> None:
    import yaml

    documents = yaml.safe_load_all(shop.POLICY)
    cluster = netpol.Cluster()
    assert cluster.apply(documents).objects == 1
    created = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    pod = shop.pod("a", "10.0.0.1")
    pod["metadata"]["creationTimestamp"] = created
    assert cluster.apply(pod).objects == 1
    assert '"created":"2026-01-31T10:00:00Z"' in cluster.save().decode()
    dump = (TESTDATA / "dumps" / "cluster.json").read_text()
    one, other = netpol.Cluster(), netpol.Cluster()
    assert one.apply(dump, admission="stored").objects > 10
    other.apply(json.loads(dump), admission="stored")
    assert one.save() == other.save()


def test_refusals_say_everything_and_change_nothing() -> None:
    cluster = shop.cluster()
    before = cluster.save()
    with pytest.raises(netpol.RefusedError) as refused:
        cluster.apply(shop.POLICY + "---\n" + WRONG, name="all.yaml")
    assert cluster.save() == before
    errors = {(error.path, error.kind): error for error in refused.value.errors}
    cidr = errors["spec.ingress[0].from[0].ipBlock.cidr", "Invalid"]
    assert (cidr.file, cidr.line, cidr.column) == ("all.yaml", 19, 23)
    assert (cidr.value, cidr.type, cidr.is_error) == ("10.0.0.0/33", "field", True)
    assert cidr.object == netpol.ObjectName("NetworkPolicy", "shop", "db")
    assert cidr.detail is not None and "valid CIDR" in cidr.detail
    unknown = errors["spec.ingress[0].from[0].namespacesSelector", "UnknownField"]
    assert unknown.line == 20
    assert str(unknown).startswith("all.yaml:20:7: error: NetworkPolicy shop/db: spec.ingress[0]")
    assert str(refused.value).splitlines() == [str(error) for error in refused.value.errors]
    assert "    - ipBlock: {cidr: 10.0.0.0/33}" in refused.value.report
    assert isinstance(refused.value, ValueError)


def test_places_are_told_of_texts_only() -> None:
    import yaml

    with pytest.raises(netpol.RefusedError) as refused:
        netpol.Cluster().apply(yaml.safe_load(WRONG))
    for error in refused.value.diagnostics:
        assert error.location is None and error.line is None
    assert "10.0.0.0/33" in str(refused.value)


def test_admissions() -> None:
    cluster = netpol.Cluster()
    applied = cluster.apply(WRONG, admission="stored")
    assert {warning.severity for warning in applied.warnings} == {netpol.Severity.WARNING}
    assert cluster.apply(WRONG, admission=netpol.Admission.STORED).objects == 1
    with pytest.raises(ValueError, match="admission must be `create` or `stored`, not `lax`"):
        cluster.apply(WRONG, admission="lax")  # type: ignore[arg-type]


def test_upsert_delete_replace() -> None:
    cluster = shop.cluster()
    assert cluster.upsert(shop.pod("new", "10.0.0.9")).objects == 1
    assert cluster.publish().owner("10.0.0.9") == netpol.Endpoint("shop", "new")
    assert cluster.upsert(shop.pod("new", "10.0.0.10")).objects == 1
    assert cluster.delete("Pod", "new", namespace="shop")
    assert not cluster.delete("Pod", "new", namespace="shop")
    assert cluster.replace_all("Pod", [shop.pod("only", "10.0.0.1")]).objects == 1
    assert list(map(str, cluster.publish().endpoints())) == ["shop/only"]
    assert cluster.replace_all("NetworkPolicy", []).objects == 0
    assert cluster.publish().policies() == ()
    with pytest.raises(netpol.RefusedError, match="kind"):
        cluster.replace_all("Pod", [shop.pod("only"), {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}])
    assert len(cluster.publish().endpoints()) == 1
    with pytest.raises(ValueError, match="upsert takes one object.*here are 2"):
        cluster.upsert([shop.pod("a"), shop.pod("b")])
    with pytest.raises(ValueError, match="here are 0"):
        cluster.upsert({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}})
    with pytest.raises(ValueError, match="a Pod is in a namespace"):
        cluster.delete("Pod", "only")
    with pytest.raises(ValueError, match="a Node is in no namespace"):
        cluster.delete("Node", "only", namespace="shop")
    with pytest.raises(ValueError, match="no kind `pod`"):
        cluster.delete("pod", "only", namespace="shop")
    with pytest.raises(netpol.RefusedError):
        cluster.upsert("{apiVersion: v1, kind: Pod")


def test_nothing_is_seen_before_it_is_published() -> None:
    cluster = shop.cluster()
    first = cluster.publish()
    cluster.delete("NetworkPolicy", "db", namespace="shop")
    assert not first.decide("shop/web", "shop/db", port=5432).is_allow
    second = cluster.publish()
    assert second.decide("shop/web", "shop/db", port=5432).is_allow
    assert not first.decide("shop/web", "shop/db", port=5432).is_allow
    assert (first.generation, second.generation, cluster.generation) == (1, 2, 2)
    assert cluster.snapshots() >= 2


def test_changes() -> None:
    cluster = shop.cluster()
    first = cluster.publish()
    cluster.delete("NetworkPolicy", "db", namespace="shop")
    cluster.delete("Pod", "six", namespace="shop")
    second = cluster.publish()
    changes = second.changes_since(first)
    assert (changes.from_generation, changes.to_generation) == (1, 2)
    assert not changes.is_everything and not changes.is_empty
    assert changes.touches("shop/db") and not changes.touches("shop/web", "10.0.0.2")
    assert changes.touches("10.0.0.1") and changes.touches("shop/web", "shop/db")
    assert changes.touches("shop/six"), "it is gone"
    assert list(map(str, changes.endpoints())) == ["shop/db"]
    assert ipaddress.ip_address("fd00::4") in changes.addresses()
    assert second.changes_since(2).is_empty
    assert second.changes_since(99).is_everything
    assert second.changes_since(0).is_everything
    flows = {"source": ["shop/web", "shop/api", "shop/db"], "destination": ["shop/db", "shop/db", "shop/web"], "port": 5432}
    before = first.decide_batch(flows)
    assert second.recheck(changes, flows, before).tolist() == [0]
    assert changes.touches_batch(flows).tolist() == [True, True, True]
    with pytest.raises(ValueError, match="equally many"):
        second.recheck(changes, flows, before[:2])
    with pytest.raises(TypeError, match="before must be an array of truth values, not list"):
        second.recheck(changes, flows, ["allow"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="of another cluster"):
        second.changes_since(shop.engine())
    with pytest.raises(TypeError, match=r"earlier must be a netpol\.Engine or a generation, not str"):
        second.changes_since("1")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="touches takes one end or more"):
        changes.touches()


def test_domains_nodes_and_sync() -> None:
    cluster = netpol.Cluster(netpol.Options(until_synced="deny"))
    assert cluster.options.until_synced is netpol.Verdict.DENY
    cluster.apply([shop.pod("a", "10.0.0.1")])
    cluster.apply("""
    apiVersion: policy.networking.k8s.io/v1alpha2
    kind: ClusterNetworkPolicy
    metadata: {name: names}
    spec:
      tier: Admin
      priority: 1
      subject: {namespaces: {}}
      egress: [{action: Deny, to: [{domainNames: [db.example.com]}]}]
    """)
    ask: tuple[Any, Any] = ("shop/a", "192.0.2.1")
    assert not cluster.synced
    assert cluster.publish().attribute(*ask, port=1).egress.reason is netpol.Reason.NOT_SYNCED
    cluster.synced = True
    assert cluster.synced
    assert cluster.publish().decide(*ask, port=1).is_allow
    cluster.resolve_domain("db.example.com", ["192.0.2.1"], expires=datetime.timedelta(seconds=30))
    decision = cluster.publish().attribute(*ask, port=1)
    assert decision.egress.reason is netpol.Reason.RULE_DENIES
    assert decision.egress.policy == netpol.PolicyName(
        netpol.Tier.ADMIN, "ClusterNetworkPolicy", "", "names", 1
    )
    assert str(decision.egress.policy) == "ClusterNetworkPolicy names (priority 1)"
    cluster.advance(29.5)
    assert not cluster.publish().decide(*ask, port=1).is_allow
    cluster.advance(30)
    assert cluster.publish().decide(*ask, port=1).is_allow
    cluster.resolve_domain("db.example.com", [ipaddress.ip_address("192.0.2.1")])
    assert cluster.withdraw_domain("db.example.com", ["192.0.2.1"])
    assert not cluster.withdraw_domain("db.example.com")
    cluster.set_node_addresses("n1", ["10.0.0.254"])
    for wrong in ("192.0.2.1", 5):
        with pytest.raises(TypeError, match="addresses must be an iterable of IP addresses"):
            cluster.set_node_addresses("n1", wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be an IP address, not `n1`"):
        cluster.set_node_addresses("n1", ["n1"])
    for wrong_time in (-1, float("nan"), float("inf"), datetime.timedelta(days=-1)):
        with pytest.raises(ValueError, match="now must not be before 0"):
            cluster.advance(wrong_time)
    with pytest.raises(TypeError, match="now must be seconds or a timedelta, not str"):
        cluster.advance("5")  # type: ignore[arg-type]


def test_publish_can_refuse() -> None:
    cluster = netpol.Cluster(netpol.Options(missing_namespaces="error"))
    cluster.apply(shop.pod("a"))
    with pytest.raises(netpol.RefusedError, match="shop"):
        cluster.publish()


def test_load_warns_of_what_is_odd(tmp_path: Path) -> None:
    odd = shop.POLICY.replace("192.0.2.0/24, except: [192.0.2.128/25]", "192.0.2.1/24")
    with pytest.warns(netpol.ManifestWarning, match="192.0.2.1/24"):
        netpol.loads(odd, "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")
    (tmp_path / "odd.yaml").write_text(odd)
    with pytest.warns(netpol.ManifestWarning) as warned:
        netpol.load(tmp_path)
    assert any("odd.yaml:9:" in str(warning.message) for warning in warned)
    assert {Path(warning.filename).name for warning in warned} == {"test_clusters.py"}
    with pytest.raises(netpol.RefusedError, match="nowhere"):
        netpol.load(tmp_path / "nowhere.yaml")
    with pytest.raises(ValueError, match="no files and no directories"):
        netpol.load()


def test_manifests() -> None:
    manifest = netpol.Manifest.read(WRONG + "---\n{apiVersion: v1, kind: Secret, metadata: {name: a}}", name="w.yaml")
    assert len(manifest) == 1
    assert manifest.objects() == (netpol.ObjectName("NetworkPolicy", "shop", "db"),)
    assert manifest.skipped() == {"v1 Secret": 1}
    assert {found.severity for found in manifest.check()} == {"error"}
    assert {found.severity for found in manifest.check(admission="stored")} == {"warning"}
    assert "--> w.yaml:8:23" in manifest.report()
    assert "\x1b[" in manifest.report(coloured=True) and "\x1b[" not in manifest.report()
    assert repr(manifest).startswith("<netpol.Manifest: 1 objects")
    with pytest.raises(netpol.RefusedError):
        netpol.Cluster().apply(manifest)
    assert netpol.Cluster().apply(manifest, admission="stored").objects == 1


def test_conversion() -> None:
    old = netpol.Manifest.read("""
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  annotations:
    net.beta.kubernetes.io/network-policy: '{"ingress": {"isolation": "DefaultDeny"}}'
---
apiVersion: net.alpha.kubernetes.io/v1alpha1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec: {podSelector: {app: web}, allowIncoming: {toPorts: [{port: 80}]}}
""", reading=netpol.ReadOptions(legacy=True))
    conversion = old.convert()
    names = [policy["metadata"]["name"] for policy in conversion.policies]
    assert names == ["default-deny-ingress", "web"]
    assert {policy["apiVersion"] for policy in conversion.policies} == {"networking.k8s.io/v1"}
    assert netpol.Cluster().apply(conversion.policies).objects == 2


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Path("shop"), "is a path, and objects are expected here"),
        (str(shop.SHOP), "is a path, and text is expected here"),
        (5, "objects must be text, an open file, a dictionary.* not int"),
        (None, "not NoneType"),
        ([5], "object 0 must be a dictionary or an object of the kubernetes client, not int"),
        ([{}, "text"], "object 1 must be"),
        ({"kind": {1, 2}}, "set is nothing that a manifest can hold"),
    ],
)
def test_wrong_sources(source: Any, message: str) -> None:
    for take in (netpol.Cluster().apply, netpol.Manifest.read, netpol.Cluster().upsert, netpol.loads):
        with pytest.raises(TypeError, match=message):
            take(source)


def test_wrong_options() -> None:
    with pytest.raises(TypeError, match=r"options must be a netpol\.Options, not dict"):
        netpol.Cluster({})  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"reading must be a netpol\.ReadOptions, not str"):
        netpol.Cluster().apply(WRONG, reading="legacy")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="endPort: invalid type: string"):
        netpol.Options(end_port="yes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="cidrs: unknown variant `lax`, expected `legacy` or `strict`"):
        netpol.Options(cidrs="lax")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no option `endport`; there are ownNodeIngress"):
        netpol.Options.from_dict({"endport": False})
    with pytest.raises(TypeError, match="limits"):
        netpol.ReadOptions(limits=netpol.Limits(depth="deep"))  # type: ignore[arg-type]


def test_limits() -> None:
    reading = netpol.ReadOptions(limits=netpol.Limits(bytes=10))
    with pytest.raises(netpol.RefusedError) as refused:
        netpol.Cluster().apply(shop.POLICY, reading=reading)
    (error,) = refused.value.errors
    assert (error.type, error.code) == ("limit", "limits.bytes")
    reading = netpol.ReadOptions(default_namespace="shop")
    manifest = netpol.Manifest.read("{apiVersion: v1, kind: Pod, metadata: {name: a}}", reading=reading)
    assert manifest.objects() == (netpol.ObjectName("Pod", "shop", "a"),)


def test_copies_go_their_own_way() -> None:
    import copy

    cluster = shop.cluster()
    for other in (cluster.copy(), copy.copy(cluster), copy.deepcopy(cluster)):
        other.delete("NetworkPolicy", "db", namespace="shop")
        assert other.publish().policies() == ()
    assert len(cluster.publish().policies()) == 1
    engine = cluster.publish()
    assert copy.copy(engine) is engine and copy.deepcopy(engine) is engine
    assert cluster.publish_anew().policies() == engine.policies()
    assert cluster.counts()["classes"] > 0
    assert cluster.memory_usage().writer["objects"] > 0
    assert repr(cluster) == "<netpol.Cluster, published 3 times>"
