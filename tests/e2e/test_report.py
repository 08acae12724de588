"""The report in a real Chromium: opened from a file, without a network, as a reader would."""

import itertools
import json
import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright import sync_api

from backtester.report.page import render
from tests.unit.report.documents import HOSTILE, hostile, ran, result

pytestmark = pytest.mark.web

NAMES = ("chromium", "chromium-browser", "google-chrome")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
CHARTS = ("growth", "weights", "years", "rolling", "profit", "risk")


@pytest.fixture(scope="module")
def browser():
    found = [path for path in map(shutil.which, NAMES) if path]
    assert found, f"one of {', '.join(NAMES)} must be on PATH; `make system` installs it"
    with sync_api.sync_playwright() as playwright:
        arguments = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=found[0], args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, Path]:
    """Files of pages, made once."""
    folder = tmp_path_factory.mktemp("pages")
    documents = {name: result(name) for name in ("momentum", "flows", "drift", "short", "asked")}
    documents["hostile"] = hostile()
    parts = [{"symbol": "^GSPC", "allocation": 0.6}, {"symbol": "KO", "allocation": 0.4}]
    documents["portfolio"] = ran("drift", benchmark={"name": "60/40", "holdings": parts})
    lean = result("momentum")
    for block in ("series", "weights", "tables", "attribution", "trades", "decisions", "benchmark"):
        del lean[block]
    documents["lean"] = lean
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(render(document), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in documents}


def until(page, script: str) -> None:
    for _ in range(400):
        if page.evaluate(script):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {script}")


class Opened:
    """A page that has drawn its charts, and all that went wrong or out meanwhile."""

    def __init__(self, page) -> None:
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))

    def open(self, path: Path) -> "Opened":
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-ready]", timeout=60_000)
        return self

    def value(self, script: str):
        return self.page.evaluate(script)

    def until(self, script: str) -> None:
        """Wait for an expression to be true. Playwright's own way needs eval, which the page's policy forbids."""
        until(self.page, script)


@pytest.fixture
def open_page(browser, pages):
    contexts = []

    def opened(name: str, viewport=WIDE, scheme: str = "light", **more) -> Opened:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, offline=True, **more)
        contexts.append(context)
        return Opened(context.new_page()).open(pages[name])

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("name", ["momentum", "flows", "drift", "short", "lean", "asked"])
def test_it_opens_from_a_file_without_a_network_and_without_a_word_on_the_console(name, open_page):
    opened = open_page(name)
    opened.page.wait_for_timeout(200)
    assert opened.said == []
    assert [url for url in opened.asked if not url.startswith(("file:", "data:", "blob:"))] == []
    drawn = opened.value(
        "[...document.querySelectorAll('.plot')]"
        ".map((p) => [p.id, p.dataset.drawn, p.querySelectorAll('.main-svg').length > 0])"
    )
    assert all(ready and svg for _, ready, svg in drawn)
    if name == "momentum":
        assert [each[0] for each in drawn] == [f"chart-{key}" for key in CHARTS]


def test_the_curves_are_those_of_the_document(open_page):
    opened = open_page("momentum")
    document = result("momentum")
    traces = opened.value("document.getElementById('chart-growth').data.slice(0, 4).map((t) => [...t.y])")
    market = document["benchmark"]["series"]
    expected = [market["portfolio_value"], market["drawdown"]]
    expected += [document["series"]["portfolio_value"], document["series"]["drawdown"]]
    assert traces == expected


def test_the_areas_are_the_weights_that_were_held_and_the_marks_are_at_the_targets(open_page):
    opened = open_page("momentum")
    document = result("momentum")
    held, targets = document["held_weights"], document["weights"]
    traces = opened.value(
        "document.getElementById('chart-weights').data"
        ".map((t) => ({name: t.name ?? null, group: t.stackgroup ?? null, x: [...t.x], y: [...t.y]}))"
    )
    areas = [trace for trace in traces if trace["group"]]
    assert [len(area["x"]) for area in areas] == [len(held["dates"])] * 9
    assert areas[0]["x"] == held["dates"]
    for area in areas[:8]:
        assert area["y"] == held["symbols"][area["name"]]
    assert areas[8]["name"] == "2 others"
    for shares in zip(*(area["y"] for area in areas), strict=True):
        assert sum(shares) == pytest.approx(1, abs=1e-9)
    rim, marks = (trace for trace in traces if not trace["group"])
    assert (rim["x"], rim["y"]) == (marks["x"], marks["y"])
    assert {*marks["x"]} < {*targets["dates"]}
    assert marks["x"][0] == targets["dates"][0]
    for date in {*marks["x"]}:
        at, edge, edges = targets["dates"].index(date), 0.0, []
        for area in areas[:8]:
            edge += targets["symbols"][area["name"]][at]
            edges.append(edge)
        drawn = [y for x, y in zip(marks["x"], marks["y"], strict=True) if x == date]
        assert all(min(abs(y - one) for one in edges) < 1e-9 for y in drawn)
    opened.page.locator("[data-view=rows]").click()
    assert opened.value("document.getElementById('chart-weights').data[0].type") == "heatmap"


@pytest.mark.parametrize("name", ["momentum", "flows"])
def test_the_weights_stand_under_the_growth_the_same_days_at_the_same_places(open_page, name):
    opened = open_page(name)
    page = opened.page
    for width in (1200, 375):
        page.set_viewport_size({"width": width, "height": 800})
        for view in ("stack", "rows"):
            page.locator(f"[data-view={view}]").click()
            page.wait_for_timeout(300)
            plots = opened.value(
                "['growth', 'weights'].map((key) => { const { _size, xaxis } ="
                " document.getElementById(`chart-${key}`)._fullLayout; return [_size.l, _size.r, xaxis.range]; })"
            )
            assert plots[0] == plots[1], (width, view)


def test_the_targets_alone_are_drawn_where_a_document_has_no_more(open_page):
    opened = open_page("flows")
    traces = opened.value("document.getElementById('chart-weights').data.map((t) => [t.stackgroup, t.x.length])")
    rebalances = len(result("flows")["weights"]["dates"])
    assert traces == [["all", rebalances + 1]] * 4  # the last ones hold to the end


def test_a_benchmark_that_is_a_portfolio_is_named_in_the_charts(open_page):
    opened = open_page("portfolio")
    opened.page.locator("#scrub").focus()
    assert "60/40" in opened.page.locator("#readout").inner_text()
    assert "undefined" not in opened.page.locator("body").inner_text()


def test_the_switch_turns_the_charts_too_and_is_remembered(open_page):
    opened = open_page("momentum")
    ink = "getComputedStyle(document.querySelector('#chart-growth .ytick text')).fill"
    ground = "getComputedStyle(document.body).backgroundColor"
    light = opened.value(f"[{ink}, {ground}]")
    opened.page.locator("input[name=theme][value=dark]").check(force=True)
    dark = opened.value(f"[{ink}, {ground}]")
    assert dark[0] != light[0]
    assert dark[1] != light[1]
    opened.page.reload()
    opened.page.wait_for_selector("html[data-ready]")
    assert opened.value(f"[{ink}, {ground}]") == dark
    assert opened.page.locator("input[name=theme][value=dark]").is_checked()
    opened.page.locator("input[name=theme][value=auto]").check(force=True)
    assert opened.value(f"[{ink}, {ground}]") == light
    opened.page.emulate_media(color_scheme="dark")
    opened.until(f"{ink} === '{dark[0]}'")


@pytest.mark.parametrize("name", ["momentum", "flows", "short", "lean", "hostile", "asked"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(name, scheme, open_page):
    opened = open_page(name, PHONE, scheme, has_touch=True, is_mobile=True)
    assert opened.value("document.documentElement.scrollWidth") == 360
    opened.value("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    opened.page.wait_for_timeout(300)
    assert opened.value("document.documentElement.scrollWidth") == 360


def test_hostile_texts_are_shown_and_nothing_more(open_page):
    opened = open_page("hostile")
    page = opened.page
    opened.value("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for view in ("stack", "rows"):
        page.locator(f"[data-view={view}]").click()
    for chart in ("growth", "weights", "years", "rolling"):
        page.locator(f"#chart-{chart}").scroll_into_view_if_needed()
        page.locator(f"#chart-{chart}").hover()
        page.wait_for_timeout(100)
    page.locator("[data-step='-1']").click()
    page.wait_for_timeout(300)
    assert opened.value("window.hurt") is None
    assert opened.value("document.querySelectorAll('img, iframe, object, embed').length") == 0
    assert [line for line in opened.said if "Content Security Policy" not in line] == []
    assert opened.said == [], "the policy had nothing to stop"
    assert HOSTILE in page.locator("#prices, #provenance").first.inner_text()
    ticks = "#chart-weights .ytick text, #chart-profit .ytick text"
    labels = opened.value(f"[...document.querySelectorAll('{ticks}')].map((t) => t.textContent)")
    assert any(label.startswith("</script") for label in labels)


def test_the_policy_stops_a_script_that_would_get_in(open_page):
    opened = open_page("drift")
    opened.value(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.hurt = 1';"
        "document.body.append(s);"
        "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.hurt = 1\">'); })()"
    )
    opened.page.wait_for_timeout(300)
    assert opened.value("window.hurt") is None


def test_ranges_scale_dragging_and_the_keyboard_move_the_chart(open_page):
    opened = open_page("momentum")
    page, plot = opened.page, "document.getElementById('chart-growth')"
    dates = result("momentum")["series"]["dates"]
    shown = f"{plot}.layout.xaxis.range.map((d) => String(d).slice(0, 10))"
    assert opened.value(shown) == [dates[0], dates[-1]]
    page.locator("[data-range='5Y']").click()
    assert opened.value(shown) == ["2017-12-28", dates[-1]]
    assert page.locator("[data-range='5Y']").get_attribute("aria-pressed") == "true"
    page.locator("[data-scale=linear]").click()
    assert opened.value(f"{plot}.layout.yaxis.type") == "linear"
    box = page.locator("#chart-growth").bounding_box()
    page.mouse.move(box["x"] + 400, box["y"] + 120)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"] + 120, steps=4)
    page.mouse.up()
    opened.until(f"{shown}[0] > '2018-06-01'")
    first, last = opened.value(shown)
    assert "2018-06-01" < first < last < "2022-01-01"
    page.locator("#scrub").focus()
    before = page.locator("#readout").inner_text()
    page.keyboard.press("ArrowLeft")
    assert page.locator("#readout").inner_text() != before
    shown_text = opened.value("document.getElementById('readout').textContent")
    assert page.locator("#scrub").get_attribute("aria-valuetext") == shown_text


def test_the_cross_hair_reads_both_panes(open_page):
    opened = open_page("momentum")
    opened.page.locator("#scrub").scroll_into_view_if_needed()
    box = opened.page.locator("#chart-growth").bounding_box()
    opened.page.mouse.move(box["x"] + 300, box["y"] + 480)
    opened.until("!document.getElementById('readout').textContent.startsWith('28')")
    said = opened.page.locator("#readout").inner_text()
    assert said.count("from its peak") == 2
    assert "S&P 500" in said


def test_a_definition_shows_on_hover_and_on_focus_and_leaves_with_escape(open_page):
    page = open_page("short").page
    term, tip = page.locator(".tiles .term", has_text="Sharpe ratio"), page.locator("#tip")
    term.hover()
    plain, exact = tip.inner_text().split("\n")
    assert plain == "How much you earned for each unit of risk; above 1 is rare over long periods."
    assert exact.startswith("mean(r − rf)")
    page.mouse.move(5, 500)
    assert tip.is_hidden()
    term.focus()
    assert tip.is_visible()
    assert term.get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    dash = page.locator(".undefined").first
    dash.focus()
    assert tip.inner_text() == dash.get_attribute("data-tip")


def test_the_data_of_a_chart_is_one_click_away(open_page):
    page = open_page("momentum").page
    page.locator("#growth details summary").click()
    table = page.locator("#growth details table")
    dates = result("momentum")["series"]["dates"]
    assert table.locator("tbody tr").count() == sum(date.startswith("2022") for date in dates)
    page.locator("#growth details select").select_option("1995")
    assert "Jan\u00a01995" in table.locator("tbody tr").first.inner_text()


def test_the_numbers_can_be_taken_along(open_page):
    page = open_page("hostile").page
    document = hostile()
    for name in ("series", "weights", "held_weights", "trades", "decisions"):
        with page.expect_download() as waiting:
            page.locator(f"[data-download={name}]").click()
        lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
        of = {"trades": None, "decisions": "executed"}.get(name, "dates")
        assert len(lines) == 1 + len(document[name][of] if of else document[name])
        assert waiting.value.suggested_filename == f"{name}.csv"
    with page.expect_download() as waiting:
        page.locator("[data-download=result]").click()
    assert json.loads(Path(waiting.value.path()).read_text(encoding="utf-8")) == document


def test_a_decision_is_shown_in_full(open_page):
    page = open_page("momentum").page
    page.locator("#decision").select_option(index=0)
    assert page.locator("#decision-table tbody tr").count() == 10
    chosen = page.locator("#decision-table tr.total th").all_inner_texts()
    assert chosen == ["AAPL", "JNJ", "KO"]
    assert page.locator("[data-step='-1']").is_disabled()
    page.locator("[data-step='1']").click()
    assert "1\u00a0Feb\u00a01995" in page.locator("#decision-table").inner_text()


def test_a_mark_of_a_rebalance_opens_its_decision(open_page):
    page = open_page("momentum").page
    page.locator("[data-range='3Y']").click()
    page.locator("#scrub").scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    mark = page.locator("#chart-growth .xy3 .points path").nth(3).bounding_box()
    page.mouse.move(mark["x"] + mark["width"] / 2, mark["y"] + mark["height"] / 2, steps=3)
    page.mouse.down()
    page.mouse.up()
    until(page, "document.activeElement.id === 'decision'")
    assert "2020" in page.locator("#decision-table p").inner_text()


def test_print_is_light_without_controls_and_as_wide_as_the_paper(open_page, tmp_path):
    opened = open_page("momentum", scheme="dark")
    page = opened.page
    page.emulate_media(media="print", color_scheme="dark")
    opened.until("document.documentElement.classList.contains('printing')")
    assert opened.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = opened.value("getComputedStyle(document.querySelector('#chart-growth .ytick text')).fill")
    assert ink == "rgb(67, 74, 83)"
    for selector in (".bar", ".controls", ".scrub", "#downloads", "#copy"):
        assert page.locator(selector).first.is_hidden(), selector
    assert opened.value("document.querySelector('#chart-growth svg').clientWidth") <= 700
    page.emulate_media(media="screen", color_scheme="dark")
    opened.until("!document.documentElement.classList.contains('printing')")
    assert opened.value("document.querySelector('#chart-growth svg').clientWidth") > 1000
    opened.value("dispatchEvent(new Event('beforeprint'))")  # told before the medium is paper
    opened.until("getComputedStyle(document.querySelector('#chart-growth .ytick text')).fill === 'rgb(87, 96, 107)'")
    opened.value("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="null", color_scheme="dark")  # else the medium of the file would be the screen
    page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    pages = (tmp_path / "report.pdf").read_bytes().count(b"/Type /Page\n")
    assert 5 <= pages <= 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("name", "viewport"), [("momentum", WIDE), ("flows", PHONE), ("lean", WIDE), ("asked", PHONE)])
def test_axe_finds_nothing_serious(name, viewport, scheme, open_page):
    axe = Axe()
    opened = open_page(name, viewport, scheme, reduced_motion="reduce")
    if name != "momentum":  # whose thousand rows take axe half a minute
        opened.value("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    opened.page.wait_for_timeout(200)
    found = axe.run(opened.page).response["violations"]
    assert [(each["id"], each["impact"], [node["html"][:200] for node in each["nodes"]][:4]) for each in found] == []


def test_headings_go_down_one_level_at_a_time_and_landmarks_are_named(open_page):
    opened = open_page("momentum")
    levels = opened.value(
        "[...document.querySelectorAll('h1, h2, h3')].filter((h) => h.offsetParent).map((h) => Number(h.tagName[1]))"
    )
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert opened.value("document.querySelectorAll('main').length") == 1
    named = "s.ariaLabel || document.getElementById(s.getAttribute('aria-labelledby'))"
    assert opened.value(f"[...document.querySelectorAll('section')].every((s) => {named})")


def test_a_browser_that_cannot_unpack_keeps_the_tables_and_says_so(browser, pages):
    context = browser.new_context(viewport=WIDE, offline=True)
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(pages["drift"].as_uri())
    until(page, "document.getElementById('no-charts').textContent.includes('cannot draw the charts')")
    assert page.locator("#metrics tbody tr").count() > 20
    context.close()
