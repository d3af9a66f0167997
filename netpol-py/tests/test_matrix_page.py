"""What is in the page of a matrix."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path
from typing import Any

import netpol
import numpy as np
import pytest
from hypothesis import given
from netpol import Access, Matrix

from . import shop
from .matrices import HOSTILE, POLICIES, checked, engines, explained, stored, twins


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    for section in data["sections"]:
        packed = zlib.decompress(base64.b64decode(section["bodies"]))
        section["bodies"] = np.frombuffer(packed, f"<i{section['width']}").reshape(
            len(data["rows"]), len(data["columns"])
        )
    for layer in data["layers"]:
        packed = zlib.decompress(base64.b64decode(layer["cells"]))
        layer["cells"] = np.frombuffer(packed, np.uint8).reshape(len(data["rows"]), len(data["columns"]))
    return data


def told(data: dict[str, Any], section: dict[str, Any], row: int, column: int) -> list[list[str]] | None:
    """The explanations of a cell, put together as the script of the page does."""
    body = int(section["bodies"][row, column])
    if body == 0:
        return None
    found = [[body, section["rows"][row], section["columns"][column]]]
    if body < 0:
        found = section["details"][f"{row},{column}"]["examples"]
    explanations = []
    for number, source, destination in found:
        family, *lines = data["bodies"][number - 1]
        texts = []
        for place, line in enumerate(lines):
            ends = []
            for name, ipv4, ipv6 in (data["parties"][source], data["parties"][destination]):
                address = {4: ipv4, 6: ipv6, 0: ""}[family]
                short = name or address or ipv4 or ipv6
                ends.append(
                    (f"{name} ({address})" if place == 1 and name and address else short, address)
                )
            text = data["lines"][line]
            for sign, value in zip(
                "\x01\x02\x03\x04", (ends[0][0], ends[1][0], ends[0][1], ends[1][1]), strict=True
            ):
                text = text.replace(sign, value)
            texts.append(text)
        explanations.append(texts)
    return explanations


def check(found: Matrix) -> None:
    """Every explanation in the page against the engine's."""
    data = data_of(found.to_html())
    for number, section in enumerate(data["sections"]):
        for row in range(len(found.sources)):
            for column in range(len(found.destinations)):
                texts = told(data, section, row, column)
                assert texts is not None
                known = explained(found, number, row, column)
                assert {"\n".join(text) for text in texts} <= known
                cell = found.cell(row, column).ports[number]
                kinds = [cell.allowed, cell.denied, cell.unanswered]
                assert len(texts) == sum(count > 0 for count in kinds)
                detail = section["details"].get(f"{row},{column}")
                assert detail is None or detail["counts"] == kinds


@checked
@given(engines())
def test_every_explanation_is_that_of_the_engine(engine: netpol.Engine) -> None:
    check(netpol.matrix(engine, port=[80, "http"], group_by="labels", nodes=True))


@pytest.mark.parametrize("group_by", ["endpoint", "namespace"])
@pytest.mark.parametrize(
    "made", POLICIES, ids=lambda made: made[0]["metadata"]["name"] if made else "open"
)
def test_explanations_of_what_is_alike(made: list[dict[str, Any]], group_by: Any) -> None:
    check(netpol.matrix(twins(made), port=[80, "postgres"], group_by=group_by, nodes=True))


def test_services_are_explained_with_their_backends() -> None:
    found = netpol.matrix(shop.with_services(), port=15432, sources="shop/*", destinations="svc/shop/all")
    data = data_of(found.to_html())
    (section,) = data["sections"]
    for row, source in enumerate(found.sources):
        try:
            whole = found.engine.explain_service(source.endpoints[0], "shop/all", port=15432)
        except netpol.QuestionError as error:
            assert told(data, section, row, 0) == [["no answer", str(error)]]
            continue
        assert told(data, section, row, 0) == [str(whole).split("\n")]
        verdicts = [one.verdict.is_allow for one in whole.backends]
        counts = [verdicts.count(True), verdicts.count(False), 0]
        assert section["details"][f"{row},0"]["counts"] == counts


def test_states_are_those_of_the_matrix() -> None:
    found = netpol.matrix(netpol.load(shop.SHOP), port=["http", 8080])
    data = data_of(found.to_html())
    names = [layer["name"] for layer in data["layers"]]
    assert names == ["all ports", "TCP http", "TCP 8080"]
    for layer, codes in zip(data["layers"], (found.access, *found.access_by_port), strict=True):
        assert (layer["cells"] == np.where(found.outside, len(Access), codes)).all()


def test_explanations_are_left_out_beyond_the_budget() -> None:
    found = netpol.matrix(shop.engine(), port=5432)
    everything, nothing = found.to_html(), found.to_html(explanations=0)
    data = data_of(nothing)
    assert not data["bodies"] and not data["sections"][0]["bodies"].any()
    some = data_of(found.to_html(explanations=5))
    assert len(some["bodies"]) <= 5 and some["sections"][0]["bodies"].any()
    # What is rare is explained first.
    codes, bodies = found.access, some["sections"][0]["bodies"]
    assert (bodies[codes == 0] != 0).any()
    assert len(nothing) < len(everything)


def test_what_is_alike_is_told_once() -> None:
    pods = [shop.pod(f"p-{number}", f"10.0.{number // 250}.{number % 250 + 1}") for number in range(600)]
    for pod in pods[1:]:
        pod["metadata"]["labels"]["app"] = "web"
    pods[0]["metadata"]["labels"]["app"] = "db"
    engine = netpol.loads(shop.NAMESPACE, *pods, shop.POLICY)
    page = netpol.matrix(engine, port=5432, group_by="endpoint").to_html()
    data = data_of(page)
    assert (data["sections"][0]["bodies"] != 0).all() and len(data["bodies"]) < 30
    assert len(page) < 250_000, "364,000 cells"


def test_nothing_is_loaded_and_nothing_else_is_run(tmp_path: Path) -> None:
    page = netpol.matrix(netpol.load(shop.SHOP), port=5432).to_html(title="<Shop> & db")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy.startswith(
        "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
    )
    assert "unsafe" not in policy and "*" not in policy
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?://", page)
    assert "<title>&lt;Shop&gt; &amp; db: TCP 5432</title>" in page


def test_names_are_text() -> None:
    page = netpol.matrix(stored(shop.pod(HOSTILE, "10.0.0.1")), port=80).to_html(title=HOSTILE)
    assert page.count("<script") == 2 and page.count("</script") == 2 and "<img" not in page
    assert data_of(page)["rows"][0]["name"] == f"shop/{HOSTILE}"
