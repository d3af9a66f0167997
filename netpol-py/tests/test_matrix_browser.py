"""What the page of a matrix does in a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import netpol
import pytest

from . import shop
from .matrices import HOSTILE, explained, stored

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def skip(why: str) -> None:
    """Skips what cannot be tested here; where everything must be there that is a failure."""
    if os.environ.get("NETPOL_NO_SKIP"):
        pytest.fail(f"not tested: {why}")
    pytest.skip(why)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = (
        shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )
    if program is None:
        skip("the page of a matrix in a browser (chromium is not installed)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


class Shown:
    """A page in the browser, and everything that it complained of or asked for."""

    def __init__(self, browser: Browser, path: Path, html: str, **context: Any) -> None:
        path.write_text(html, encoding="utf-8")
        self.context = browser.new_context(viewport={"width": 1200, "height": 800}, **context)
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def lines(self) -> list[str]:
        """The lines of the explanation."""
        return self.page.locator("aside pre div").all_inner_texts()

    def heads(self) -> tuple[str, str]:
        """What the explanation is about."""
        texts = [self.page.locator(f"aside {part}").inner_text() for part in ("h2", ".verdict")]
        return texts[0], texts[1].replace("\n", " ").strip()

    def names(self, kind: str) -> list[str]:
        return self.page.locator(f".{kind}").all_inner_texts()

    def close(self) -> None:
        """Everything was quiet."""
        assert self.complaints == []
        assert len(self.requests) == 1 and self.requests[0].startswith("file:///")
        self.context.close()


@pytest.fixture
def shown(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    pages: list[Shown] = []

    def show(html: str, **context: Any) -> Shown:
        pages.append(Shown(browser, tmp_path / f"page-{len(pages)}.html", html, **context))
        return pages[-1]

    yield show
    for page in pages:
        page.close()


def test_a_click_explains_that_very_cell(shown: Any) -> None:
    found = netpol.matrix(netpol.load(shop.SHOP), port="postgres")
    here = shown(found.to_html())
    signs = {"none": "·", "all": "●", "some": "◐", "unanswered": "?"}
    words = {"none": "denied", "all": "allowed", "some": "some allowed", "unanswered": "no answer"}
    for row, source in enumerate(found.sources):
        for column, destination in enumerate(found.destinations):
            cell = here.page.locator(f"#cell-{row}-{column}")
            cell.click()
            access = "outside" if found.outside[row, column] else found[row, column].value
            assert cell.get_attribute("class").split()[:2] == ["cell", access]
            assert cell.inner_text() == signs.get(access, "")
            word = words.get(access, "no policy applies")
            assert cell.get_attribute("aria-label") == f"{source} to {destination}: {word}"
            assert here.heads()[0] == f"{source} → {destination}"
            assert here.heads()[1].removeprefix(signs.get(access, "")).strip() == word
            (text,) = explained(found, 0, row, column)
            assert here.lines() == [line.strip() for line in text.split("\n")]
    assert here.page.locator(".cell.chosen").count() == 1


def test_a_service_is_explained_with_its_backends(shown: Any) -> None:
    found = netpol.matrix(shop.with_services(), port=15432, services=True)
    here = shown(found.to_html())
    row, column = found.index("shop/web", "svc/shop/all")
    here.page.click(f"#cell-{row}-{column}")
    assert here.heads() == ("shop/web → svc/shop/all", "◐ some allowed")
    (explanation,) = found.cell(row, column).ports[0].explanations
    assert here.lines() == [line.strip() for line in str(explanation).split("\n")]
    assert "2 allowed, 1 denied" in here.page.locator("aside").inner_text()
    here.page.fill("#search-columns", "svc/")
    assert here.names("columnname") == ["svc/shop/all", "svc/shop/db"]


def test_groups_say_how_many(shown: Any) -> None:
    pods = [
        shop.pod(f"{app}-{number}", f"10.0.{place}.{number + 1}")
        for place, app in enumerate(("web", "db", "api"))
        for number in range(3)
    ]
    for pod in pods:
        pod["metadata"]["labels"]["app"] = pod["metadata"]["name"].split("-")[0]
    engine = netpol.loads(shop.NAMESPACE, *pods, shop.POLICY)
    here = shown(netpol.matrix(engine, port=5432).to_html())
    here.page.click("#cell-2-1")
    assert here.heads() == ("shop/web ×3 → shop/db ×3", "· denied")
    assert here.page.locator("aside").inner_text().count("The same for all 9 pairs. For example:") == 1
    here = shown(netpol.matrix(engine, port=5432, group_by="namespace").to_html())
    here.page.click("#cell-0-0")
    assert "72 pairs: 57 allowed, 15 denied. For example:" in here.page.locator("aside").inner_text()
    assert [line for line in here.lines() if line in ("allow", "deny")] == ["allow", "deny"]


def test_search(shown: Any) -> None:
    here = shown(netpol.matrix(netpol.load(shop.SHOP), port=5432).to_html())
    page = here.page
    assert page.locator("#shown").inner_text() == "7 sources, 7 destinations"
    page.keyboard.press("/")
    page.keyboard.type("SHOP eb")
    assert here.names("rowname") == ["shop/web"]
    page.fill("#search-columns", "10.20.99")
    assert page.locator("#shown").inner_text() == "showing 1 of 7 sources, 2 of 7 destinations"
    page.click("#cell-0-1")
    assert here.heads()[0] == "shop/web → 10.20.99.0/24"
    page.fill("#search-rows", "nobody")
    assert page.locator("#canvas").inner_text().endswith("Nothing matches.")
    page.fill("#search-rows", "")
    page.fill("#search-columns", "")
    assert page.locator(".cell").count() == 49


def test_search_finds_pods_of_a_group(shown: Any) -> None:
    pods = [shop.pod(f"web-{number}", f"10.0.0.{number + 1}") for number in range(3)]
    for pod in pods:
        pod["metadata"]["labels"]["app"] = "web"
    here = shown(
        netpol.matrix(netpol.loads(shop.NAMESPACE, *pods, shop.pod("db", "10.1.0.1")), port=80).to_html()
    )
    here.page.fill("#search-rows", "web-2")
    assert here.names("rowname") == ["shop/web ×3"]


def test_states_are_filters(shown: Any) -> None:
    here = shown(netpol.matrix(netpol.load(shop.SHOP), port=5432, destinations="shop/*").to_html())
    page = here.page
    button = page.get_by_role("button", name="allowed")
    assert button.inner_text().split() == ["●", "allowed", "1"]
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert (here.names("rowname"), here.names("columnname")) == (["shop/api"], ["shop/db"])
    button.click()
    assert len(here.names("rowname")) == 7


def test_ports(shown: Any) -> None:
    found = netpol.matrix(netpol.load(shop.SHOP), port=[5432, 8080])
    here = shown(found.to_html())
    page = here.page
    row, column = found.index("shop/api", "shop/db")
    page.click(f"#cell-{row}-{column}")
    assert here.heads()[1] == "◐ some allowed"
    assert page.locator("aside h3").all_inner_texts() == ["TCP 5432", "TCP 8080"]
    assert [line for line in here.lines() if line in ("allow", "deny")] == ["allow", "deny"]
    page.get_by_label("Port").select_option("TCP 5432")
    assert page.locator(f"#cell-{row}-{column}").inner_text() == "●"
    assert here.heads()[1] == "● allowed"


def test_keyboard(shown: Any) -> None:
    here = shown(netpol.matrix(netpol.load(shop.SHOP), port=5432).to_html())
    page = here.page
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search-rows"
    page.keyboard.press("Escape")
    grid = page.get_by_role("grid")
    assert page.evaluate("document.activeElement.id") == "matrix"
    for key, at in (
        ("ArrowDown", "cell-1-0"),
        ("ArrowRight", "cell-1-1"),
        ("ArrowRight", "cell-1-2"),
        ("ArrowUp", "cell-0-2"),
        ("ArrowUp", "cell-0-2"),
        ("End", "cell-0-6"),
        ("Control+End", "cell-6-6"),
        ("Home", "cell-6-0"),
        ("Control+Home", "cell-0-0"),
        ("PageDown", "cell-6-0"),
    ):
        page.keyboard.press(key)
        assert grid.get_attribute("aria-activedescendant") == at, key
        assert page.locator(".cell.active").get_attribute("id") == at
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert here.heads()[0] == "shop/api → anywhere else (IPv4)"
    page.keyboard.press("Escape")
    assert page.locator("aside h2").count() == 0 and page.locator("aside .hint").count() == 1
    page.keyboard.press(" ")
    assert page.locator("aside h2").count() == 1
    page.get_by_label("Close the explanation").click()
    assert page.evaluate("document.activeElement.id") == "matrix"


def test_roles(shown: Any) -> None:
    here = shown(netpol.matrix(netpol.load(shop.SHOP), port=5432).to_html())
    grid = here.page.get_by_role("grid", name="Sources in rows, destinations in columns")
    assert (grid.get_attribute("aria-rowcount"), grid.get_attribute("aria-colcount")) == ("8", "8")
    assert grid.get_by_role("row").count() == 8
    assert grid.get_by_role("columnheader").count() == grid.get_by_role("rowheader").count() + 1 == 8
    assert grid.get_by_role("gridcell").count() == 49
    assert here.page.get_by_role("search").get_by_role("searchbox").count() == 2
    assert here.page.locator("html").get_attribute("lang") == "en"


# (row, column) of WCAG's relative luminance, in the browser's own colours.
CONTRASTS = """
() => {
  const parse = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const linear = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (color) => { const [r, g, b] = parse(color).map(linear); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort(); return (y + 0.05) / (x + 0.05); };
  const back = (node) => { for (; node; node = node.parentElement) {
    const color = getComputedStyle(node).backgroundColor; if (!/rgba\\(.*, 0\\)/.test(color)) return color; } return "rgb(255,255,255)"; };
  const found = {};
  for (const selector of ["h1", "#about", "label", "#shown", ".rowname", ".rowname i", ".columnname", ".cell.all", ".cell.some", ".cell.unanswered", "aside pre", "aside h2", "aside h3", ".verdict", "#legend button", "#legend small"]) {
    const node = document.querySelector(selector);
    if (node) found[selector] = ratio(getComputedStyle(node).color, back(node));
  }
  return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(shown: Any, scheme: str) -> None:
    found = netpol.matrix(netpol.load(shop.SHOP), port=["postgres", 8080])
    here = shown(found.to_html(), color_scheme=scheme)
    here.page.click("#cell-1-2")
    here.page.mouse.move(600, 790)
    ratios = here.page.evaluate(CONTRASTS)
    assert len(ratios) >= 13 and {name: ratio for name, ratio in ratios.items() if ratio < 4.5} == {}
    paper = here.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 29)"}[scheme]


def test_names_do_nothing(shown: Any) -> None:
    here = shown(netpol.matrix(stored(shop.pod(HOSTILE, "10.0.0.1")), port=80).to_html(title=HOSTILE))
    here.page.click("#cell-0-0")
    assert here.page.locator("h1").inner_text() == HOSTILE
    assert here.names("rowname")[0] == f"shop/{HOSTILE}"
    assert here.heads()[0].startswith(f"shop/{HOSTILE}")
    assert here.page.title() == f"{HOSTILE}: TCP 80" and here.page.locator("img").count() == 0


def test_left_out_says_how_to_get_it(shown: Any) -> None:
    here = shown(netpol.matrix(shop.engine(), port=5432).to_html(explanations=0))
    here.page.click("#cell-3-1")
    assert here.page.locator("aside code").inner_text() == (
        "netpol explain -f FILES --from shop/web --to shop/db -p 5432 --protocol TCP"
    )


def test_a_large_matrix_is_drawn_in_parts(shown: Any) -> None:
    pods = [
        shop.pod(
            f"p-{number:03}", f"10.0.{number // 250}.{number % 250 + 1}", namespace=f"n{number // 100}"
        )
        for number in range(1000)
    ]
    found = netpol.matrix(stored(*pods, shop.NAMESPACE), port=80, group_by="endpoint")
    here = shown(found.to_html())
    page = here.page
    assert page.locator(".cell").count() < 4000, "of a million"
    page.locator("#matrix").focus()
    page.keyboard.press("Control+End")
    last = len(found.sources) - 1
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert here.heads()[0] == f"{found.sources[last - 1]} → {found.destinations[last]}"
    box = page.locator(f"#cell-{last - 1}-{last}").bounding_box()
    assert box and 0 < box["x"] < 1200 and 0 < box["y"] < 800, "it is in sight"
    head = page.locator(f'.columnname[data-column="{last}"]').bounding_box()
    side = page.locator(f'.rowname[data-row="{last - 1}"]').bounding_box()
    assert (
        head
        and side
        and abs(head["x"] - box["x"]) < 2
        and abs(side["y"] - box["y"]) < 2
        and side["x"] == 0
    )
    page.fill("#search-rows", "n7/p-777")
    page.fill("#search-columns", "n3/p-333")
    page.click("#cell-0-0")
    assert here.heads()[0] == "n7/p-777 → n3/p-333"
    assert here.lines()[1] == "TCP n7/p-777 (10.0.3.28) -> n3/p-333 (10.0.1.84) port 80"


def test_changes(shown: Any) -> None:
    cluster = netpol.Cluster()
    cluster.apply_files(shop.SHOP)
    before = cluster.publish()
    cluster.delete("NetworkPolicy", "db", namespace="shop")
    changes = netpol.matrix(before, port=5432).diff(cluster.publish())
    here = shown(changes.to_html())
    page = here.page
    (pair,) = changes.closed()
    page.get_by_role("button", name="closed").click()
    assert (here.names("rowname"), here.names("columnname")) == ([pair[0].name], [pair[1].name])
    page.click("#cell-0-0")
    assert here.heads() == ("shop/api → shop/db", "− closed")
    assert page.locator("aside h3").all_inner_texts() == ["TCP 5432, before", "TCP 5432, after"]
    assert [line for line in here.lines() if line in ("allow", "deny")] == ["allow", "deny"]


def test_changes_of_who_is_not_there(shown: Any) -> None:
    cluster = shop.cluster()
    before = cluster.publish()
    cluster.delete("Pod", "web", namespace="shop")
    cluster.apply(shop.pod("new", "10.0.0.9"))
    changes = netpol.matrix(before, port=5432).diff(cluster.publish())
    here = shown(changes.to_html())
    names = [group.name for group in changes.sources]
    for name, there in (("shop/web", "before"), ("shop/new", "after")):
        here.page.click(f"#cell-{names.index(name)}-{names.index('shop/db')}")
        assert here.page.locator("aside h3").all_inner_texts() == [f"TCP 5432, {there}"]
        assert here.lines()[1].startswith(f"TCP {name} (10.0.0.")
