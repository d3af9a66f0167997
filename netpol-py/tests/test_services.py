"""Questions about Services, beside the case files: what they take, and what they say."""

from __future__ import annotations

import pickle
from typing import Any

import netpol
import pytest
from netpol import Backend, Endpoint, ObjectName, ServiceVerdict

from . import shop

ENGINE = shop.with_services()


@pytest.mark.parametrize(
    "service", ["svc/shop/db", "service/shop/db", "shop/db", ObjectName("Service", "shop", "db")]
)
@pytest.mark.parametrize("port", [15432, "15432", "pg"])
def test_services_and_their_ports(service: Any, port: Any) -> None:
    assert ENGINE.decide_service("shop/api", service, port=port) is ServiceVerdict.ALLOW
    assert ENGINE.decide_service("shop/web", service, port=port, protocol="tcp") == "deny"
    backend = Backend(Endpoint("shop", "db"), None, 5432)
    assert ENGINE.backends("shop/api", service, port=port) == (backend,)
    assert str(backend) == "shop/db 5432"


def test_some_and_others() -> None:
    explanation = ENGINE.explain_service("shop/web", "svc/shop/all", port=15432)
    assert explanation.verdict is ServiceVerdict.MIXED and not explanation.verdict.is_allow
    assert [one.verdict for one in explanation.backends] == ["deny", "allow", "allow"]
    assert "2 of 3 backends may be reached" in str(explanation)
    assert explanation.service == ObjectName("Service", "shop", "all")
    assert (explanation.port, explanation.port_name) == (15432, None)
    assert [str(one) for one in ENGINE.backends("shop/web", "shop/all", port=15432)] == [
        "shop/db 5432",
        "shop/web 5432",
        "192.0.2.9 5432",
    ]
    again = pickle.loads(pickle.dumps(explanation))
    assert again == explanation and hash(again) == hash(explanation)
    assert pickle.loads(pickle.dumps(ENGINE)).explain_service(
        "shop/web", "svc/shop/all", port=15432
    ) == explanation
    with pytest.raises(TypeError, match="neither true nor false"):
        assert explanation.verdict


def test_names() -> None:
    assert [str(name) for name in ENGINE.services()] == ["Service shop/all", "Service shop/db"]


def test_policies_that_name_the_port_of_the_service() -> None:
    cluster = shop.cluster()
    cluster.apply(shop.SERVICES)
    assert cluster.publish().lints() == ()
    cluster.apply(shop.POLICY.replace("port: 5432", "port: 15432"))
    (lint,) = cluster.publish().lints()
    assert (lint.code, lint.severity, lint.path) == (
        "service-port",
        "warning",
        "spec.ingress[0].ports[0].port",
    )
    wrong = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}\n---\n" + shop.POLICY.replace(
        "port: 5432", "port: 15432"
    )
    pods = [shop.pod("db", "10.0.0.1")]
    with pytest.warns(netpol.ManifestWarning, match="15432"):
        netpol.loads(wrong, shop.SERVICES.split("---")[0], pods)


@pytest.mark.parametrize(
    ("error", "message", "service", "arguments"),
    [
        (netpol.ServiceError, "no Service `shop/dbs`", "svc/shop/dbs", {"port": 1}),
        (netpol.ServiceError, "does not name a Service", "db", {"port": 1}),
        (netpol.ServiceError, "has no TCP port 1;", "svc/shop/db", {"port": 1}),
        (netpol.ServiceError, "has no UDP port 15432", "svc/shop/db", {"port": 15432, "protocol": "UDP"}),
        (ValueError, "65536 is no port", "svc/shop/db", {"port": 65536}),
        (ValueError, "-1 is no port", "svc/shop/db", {"port": "-1"}),
        (TypeError, "service must be `svc/namespace/name`", 5, {"port": 1}),
        (TypeError, "port must be a number or the name of a port of the Service, not list", "svc/shop/db", {"port": [1]}),
    ],
)
def test_what_has_no_answer(
    error: type[Exception], message: str, service: Any, arguments: Any
) -> None:
    for ask in (ENGINE.decide_service, ENGINE.explain_service, ENGINE.backends):
        with pytest.raises(error, match=message):
            ask("shop/web", service, **arguments)


def test_errors_say_why() -> None:
    with pytest.raises(netpol.ServiceError) as unknown:
        ENGINE.decide_service("shop/web", "svc/shop/dbs", port=1)
    assert (unknown.value.code, unknown.value.similar) == ("unknown", ("shop/db",))
    again = pickle.loads(pickle.dumps(unknown.value))
    assert (str(again), again.code) == (str(unknown.value), "unknown")
    with pytest.raises(netpol.ServiceNameError):
        ENGINE.decide("svc/shop/db", "shop/web", port=1)
    with pytest.raises(netpol.RowError, match="is a Service, not an endpoint"):
        ENGINE.decide_batch({"source": "shop/web", "destination": ["svc/shop/db"], "port": 1})
