"""What is easier said in Python than in a file of expectations."""

import netpol
import pytest
from netpol.testing import assert_allowed, assert_denied


def test_only_the_api_reads_orders(netpol_engine: netpol.Engine) -> None:
    reach = netpol_engine.sources_of("shop/db", port="postgres")
    assert [str(endpoint) for endpoint in reach.endpoints] == ["deployment/shop/api"]
    assert not reach.networks


@pytest.mark.parametrize("port", [22, 2379, 6443, 10250])
def test_nobody_enters_on_ports_of_the_platform(netpol_engine: netpol.Engine, port: int) -> None:
    for endpoint in netpol_engine.endpoints():
        if endpoint.namespace == "shop":
            assert_denied(netpol_engine, "203.0.113.7", endpoint, port=port)


def test_no_policy_names_the_port_of_a_service(netpol_engine: netpol.Engine) -> None:
    """Policies see a packet after the Service's port has been replaced by that of a pod."""
    assert not netpol_engine.lints()


def test_the_api_is_called_by_the_frontend_alone(netpol_engine: netpol.Engine) -> None:
    assert_allowed(netpol_engine, "shop/web", "svc/shop/api", port=80)
    assert_denied(netpol_engine, "monitoring/prometheus", "svc/shop/api", port=80)


def test_the_exporter_is_measured(netpol_engine: netpol.Engine) -> None:
    assert_allowed(netpol_engine, "monitoring/prometheus", "shop/db", port="metrics")


def test_every_namespace_is_closed_by_default() -> None:
    """A pod that no policy has in mind is not open to everybody."""
    cluster = netpol.Cluster()
    cluster.apply_files("k8s")
    stranger = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "namespace": "shop", "labels": {"app": "new"}},
        "spec": {"containers": [{"name": "new"}]},
        "status": {"podIP": "10.0.0.99", "phase": "Running"},
    }
    cluster.apply(stranger)
    assert_denied(cluster.publish(), "203.0.113.7", "shop/stranger", port=80)
