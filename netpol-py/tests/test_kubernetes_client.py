"""Objects of the official client, as its calls return them."""

from __future__ import annotations

import datetime
import json
from typing import Any

import netpol
import pytest
import yaml
from kubernetes import client

from . import shop
from .cases import TESTDATA


def read(body: object, kind: str) -> Any:
    """Objects as the client makes them of what the API server says."""
    return client.ApiClient().deserialize(json.dumps(body), kind, "application/json")


def policy() -> client.V1NetworkPolicy:
    selector = client.V1LabelSelector(match_labels={"app": "db"})
    peer = client.V1NetworkPolicyPeer(
        ip_block=client.V1IPBlock(cidr="192.0.2.0/24", _except=["192.0.2.128/25"])
    )
    return client.V1NetworkPolicy(
        metadata=client.V1ObjectMeta(name="db", namespace="shop"),
        spec=client.V1NetworkPolicySpec(
            pod_selector=selector,
            ingress=[
                client.V1NetworkPolicyIngressRule(
                    _from=[peer], ports=[client.V1NetworkPolicyPort(port=5432)]
                )
            ],
        ),
    )


def test_objects_that_name_no_kind() -> None:
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(
            name="db",
            namespace="shop",
            labels={"app": "db"},
            creation_timestamp=datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
        ),
        status=client.V1PodStatus(phase="Running", pod_ip="10.0.0.1"),
    )
    namespace = client.V1Namespace(metadata=client.V1ObjectMeta(name="shop"))
    cluster = netpol.Cluster()
    assert cluster.apply([namespace, pod, policy()]).objects == 3
    engine = cluster.publish()
    assert engine.decide("192.0.2.1", "shop/db", port=5432).is_allow
    assert not engine.decide("192.0.2.129", "shop/db", port=5432).is_allow
    assert cluster.upsert(pod).objects == 1
    assert cluster.replace_all("Pod", [pod]).objects == 1


def test_services_and_their_endpoint_slices() -> None:
    read_as = {"Service": "V1ServiceList", "EndpointSlice": "V1EndpointSliceList"}
    cluster = shop.cluster()
    for kind, model in read_as.items():
        items = [item for item in yaml.safe_load_all(shop.SERVICES) if item["kind"] == kind]
        version = items[0]["apiVersion"]
        for item in items:
            del item["kind"], item["apiVersion"]
        found = read({"kind": f"{kind}List", "apiVersion": version, "items": items}, model)
        assert cluster.apply(found).objects == len(items)
        assert cluster.replace_all(kind, found.items).objects == len(items)
    engine, known = cluster.publish(), shop.with_services()
    for service in known.services():
        for source in ("shop/api", "shop/web"):
            explained = (one.explain_service(source, service, port=15432) for one in (engine, known))
            one, other = (found.to_dict()["backends"] for found in explained)
            assert [own["verdict"] for own in one] == [own["verdict"] for own in other] and one


@pytest.mark.parametrize(
    ("kind", "version", "model"),
    [
        ("Deployment", "apps/v1", "V1DeploymentList"),
        ("Pod", "v1", "V1PodList"),
        ("Node", "v1", "V1NodeList"),
        ("Namespace", "v1", "V1NamespaceList"),
        ("NetworkPolicy", "networking.k8s.io/v1", "V1NetworkPolicyList"),
    ],
)
def test_lists_that_name_the_kind_of_none_of_their_items(kind: str, version: str, model: str) -> None:
    dump = json.loads((TESTDATA / "dumps" / "cluster.json").read_text())
    items = [item for item in dump["items"] if item["kind"] == kind]
    for item in items:
        # The dump leaves these out, and the client insists on them.
        for name in ("bootID", "kubeProxyVersion", "machineID", "systemUUID"):
            item.get("status", {}).get("nodeInfo", {}).setdefault(name, "")
    expected = netpol.Cluster()
    expected.apply(items, admission="stored")
    for item in items:
        # The API server leaves these out of the items of a list.
        del item["kind"], item["apiVersion"]
    found = read({"kind": f"{kind}List", "apiVersion": version, "items": items}, model)
    for source in (found, found.items, (one for one in found.items)):
        cluster = netpol.Cluster()
        assert cluster.apply(source, admission="stored").objects == len(items)
        assert cluster.save() == expected.save()


def test_custom_objects_are_dictionaries() -> None:
    guard = {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "guard"},
        "spec": {
            "tier": "Admin",
            "priority": 1,
            "subject": {"namespaces": {}},
            "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
        },
    }
    cluster = shop.cluster()
    cluster.apply({"apiVersion": "v1", "kind": "List", "items": [guard]})
    assert not cluster.publish().decide("shop/api", "shop/db", port=5432).is_allow


def test_faults_of_objects_are_told_by_path() -> None:
    wrong: Any = policy()
    wrong.spec.ingress[0]._from[0].ip_block.cidr = "10.0.0.0/40"
    with pytest.raises(netpol.RefusedError) as refused:
        netpol.Cluster().apply(wrong)
    assert "spec.ingress[0].from[0].ipBlock.cidr" in {error.path for error in refused.value.errors}
