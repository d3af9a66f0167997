"""What travels to other processes, and what must not be taken from anywhere."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import netpol
import pytest

from . import shop
from .cases import TESTDATA


def ask(engine: netpol.Engine) -> list[str]:
    return [
        str(engine.explain(source, "shop/db", port=port))
        for source in ("shop/api", "shop/web", "192.0.2.1", "192.0.2.200")
        for port in (22, 5432)
    ]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_engines_answer_as_they_did(protocol: int) -> None:
    options = netpol.Options(end_port=False, until_synced="deny")
    cluster = shop.cluster(options)
    cluster.synced = True
    cluster.publish()
    engine = cluster.publish()
    expected = ask(engine)
    # What happens to the cluster later is nothing to the engine, nor to its pickle.
    cluster.delete("NetworkPolicy", "db", namespace="shop")
    cluster.publish()
    again = pickle.loads(pickle.dumps(engine, protocol))
    assert ask(again) == expected == ask(engine)
    assert again.options == options
    assert (again.generation, again.endpoints()) == (2, engine.endpoints())
    assert again.attribute("shop/api", "shop/db", port=1) == engine.attribute("shop/api", "shop/db", port=1)
    assert pickle.dumps(again, protocol) == pickle.dumps(engine, protocol)


def test_clusters_go_on() -> None:
    cluster = shop.cluster()
    cluster.resolve_domain("db.example.com", ["192.0.2.9"], expires=10)
    cluster.publish()
    again = pickle.loads(pickle.dumps(cluster))
    assert again.save() == cluster.save()
    assert again.publish().generation == 1
    again.delete("NetworkPolicy", "db", namespace="shop")
    assert again.publish().generation == 2
    assert len(cluster.publish().policies()) == 1
    assert again.counts() != {}


def test_other_processes_answer_alike() -> None:
    engine = shop.engine()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(ask, engine).result() == ask(engine)


@pytest.mark.parametrize(
    "value",
    [
        netpol.Options(end_port=False, until_synced="allow"),
        netpol.ReadOptions(limits=netpol.Limits(depth=3)),
        netpol.IpBlock("10.0.0.0/8", ["10.1.0.0/16"]),
        netpol.LabelSelector.parse("app in (web, api), !canary"),
        netpol.Verdict.DENY,
        netpol.Reason.NOT_A_POD,
        shop.engine().attribute("shop/api", "shop/db", port=1),
        shop.engine().explain("shop/web", "shop/db", port=1),
        shop.engine().sources_of("shop/db", port=5432),
        netpol.Manifest.read("a").check(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_are_equal_after_a_pickle(value: Any) -> None:
    for again in (pickle.loads(pickle.dumps(value)), copy.deepcopy(value)):
        assert again == value and repr(again) == repr(value)
        assert hash(again) == hash(value)


def test_errors_are_the_same_after_a_pickle() -> None:
    raised: list[Exception] = []
    for call in (
        lambda: netpol.Cluster().apply("a: b", name="x.yaml"),
        lambda: shop.engine().endpoint("shop/dbb"),
        lambda: shop.engine().endpoint("x"),
        lambda: shop.engine().decide("shop/api", "shop/db", port="http"),
        lambda: shop.engine().decide_batch({"source": ["x"], "destination": "shop/db", "port": 1}),
        lambda: netpol.Engine.restore(b"{}"),
    ):
        with pytest.raises(netpol.NetpolError) as error:
            call()
        raised.append(error.value)
    for one in raised:
        again = pickle.loads(pickle.dumps(one))
        assert type(again) is type(one)
        assert (str(again), again.args, vars(again)) == (str(one), one.args, vars(one))


def test_what_the_library_wrote_once_can_be_read() -> None:
    saved = (TESTDATA / "contents" / "version-1.json").read_bytes()
    engine = netpol.Engine.restore(saved)
    assert engine.generation == 7
    assert engine.decide("shop/api", "shop/db", port="postgres").is_allow
    assert json.loads(engine.save()) == json.loads(saved) == json.loads(netpol.Cluster.restore(saved).save())


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        (b"", "not the saved contents of a cluster"),
        (b"\x80\x04", "not the saved contents of a cluster"),
        (b"{}", "missing field `netpolContents`"),
        (b'{"netpolContents": 2, "more": 1}', "version 2 of the form, where only version 1"),
        (b'{"netpolContents": 1}', "missing field"),
        (b"[" * 100_000, "not the saved contents of a cluster"),
    ],
)
def test_other_bytes_are_an_error(saved: bytes, message: str) -> None:
    for restore in (netpol.Engine.restore, netpol.Cluster.restore):
        with pytest.raises(netpol.SavedError, match=message):
            restore(saved)
    with pytest.raises(TypeError):
        netpol.Engine.restore("text")  # type: ignore[arg-type]


def test_every_beginning_of_a_pickle_is_an_error() -> None:
    saved = shop.engine().save()
    for end in range(0, len(saved), 7):
        with pytest.raises(netpol.SavedError):
            netpol.Engine.restore(saved[:end])
