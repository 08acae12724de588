"""The documents: their links, the paths, commands and figures that they name, their examples, their words."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import backtester
from backtester.contract.schemas import read_schema
from tests.support.replaced_words import REPLACED

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {"node_modules", "dist", "test-results", "golden"}  # golden: notes with no link
PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not any(part in SKIPPED or part.startswith(".") for part in path.relative_to(ROOT).parts)
]
README = (ROOT / "README.md").read_text()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What the README shows and another test or check runs; the rest is run here.
RUN_ELSEWHERE = {
    "make test": ".ci/run",
    "make web": "examples/web/e2e",
    "make serve": "tests/service/test_commands.py",
    "make bench": "tests/contract/test_benchmarks.py",
    "make audit": "tests/contract/test_audit.py",
    ".venv/bin/python -m pip install .": "tests/e2e/test_wheel.py",
    ".venv/bin/python -m backtester --worker": "tests/contract/test_worker.py",
    "docker compose -f deploy/compose.yaml up --detach --build": "tests/deploy/compose",
    "kubectl apply -k deploy/k8s/overlays/local": "tests/deploy/kubernetes",
    "sam build": "tests/deploy/serverless",
}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def prose(page):
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text())


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    found = []
    for heading in re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).strip().replace(" ", "-")
        seen = sum(one == anchor or re.fullmatch(rf"{re.escape(anchor)}-\d+", one) is not None for one in found)
        found.append(f"{anchor}-{seen}" if seen else anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_and_anchor_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        linked = page.parent / path if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked), target


def test_every_page_of_docs_can_be_reached_from_its_index():
    reached, queue = set(), [ROOT / "docs/README.md"]
    while queue:
        page = queue.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        for target in re.findall(r"\]\(([^)#\s]+)", prose(page)):
            linked = (page.parent / target).resolve()
            queue += sorted(linked.glob("*.md")) if linked.is_dir() else [linked] if linked.suffix == ".md" else []
    assert set((ROOT / "docs").rglob("*.md")) <= reached


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_of_the_repository_that_a_page_names_exists(page):
    roots = "backtester|schemas|tests|examples|clients|deploy|scripts|docs|benchmarks"
    for path in re.findall(rf"`((?:{roots})/[\w./-]*)`", prose(page)):
        generated = path.endswith(("/secrets", "/.env")) or "/vendor/" in path
        assert generated or (ROOT / path).exists(), path
    rooms = "|".join(path.name for path in (ROOT / "backtester").iterdir() if path.is_dir())
    for path in re.findall(rf"`((?:{rooms})/[\w/]+\.py)`", prose(page)):
        assert (ROOT / "backtester" / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = r"(?:^|`)make ([a-z0-9 -]+?)(?: [A-Z]+=\w+)?(?:\s\s+#.*|[`;]|$)"
    for line in re.findall(named, page.read_text(), re.MULTILINE):
        assert set(line.split()) <= targets, f"make {line}"


def test_the_readme_is_read_in_one_sitting():
    assert len(README.splitlines()) <= 140


def commands_of_the_readme():
    lines = [line for language, text in FENCE.findall(README) if not language for line in text.splitlines()]
    shown = [re.sub(r"\s+#.*", "", line) for line in lines]
    shown += re.findall(r"`((?:(?:make|pip|docker|kubectl|sam)|\.venv/bin/python) [^`]+)`", FENCE.sub("", README))
    return [line for line in shown if re.match(r"(?:make|python|pip|docker|kubectl|sam|\.venv)\b", line)]


def test_every_command_of_the_readme_runs_here_or_in_another_test(tmp_path):
    request = next(text for language, text in FENCE.findall(README) if language == "json")
    (tmp_path / "request.json").write_text(request)
    (tmp_path / "SPY.csv").write_text("date,close\n2024-05-13,101.25\n2024-05-14,101.5\n")
    for name in ("backtest_runner.py", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    commands = dict.fromkeys(commands_of_the_readme())
    assert set(RUN_ELSEWHERE) <= set(commands)
    for command in commands:
        if command in RUN_ELSEWHERE:
            assert (ROOT / RUN_ELSEWHERE[command]).exists(), command
            continue
        here = f"{command} -C {ROOT}" if command.startswith("make ") else command
        if command == "make demo":  # what it runs once it has its environment
            here = re.search(r"^demo:.*\n\t@\$\(PY\) (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
            here = f"python {here}"
        here = re.sub(r"^(?:\.venv/bin/)?python\b", shlex.quote(sys.executable), here)
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
        done = subprocess.run(here, shell=True, cwd=tmp_path, env=env, capture_output=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}"


def test_the_figures_of_the_readme_are_those_of_its_request():
    blocks = FENCE.findall(README)
    request = json.loads(next(text for language, text in blocks if language == "json"))
    shown = next(text for language, text in blocks if not language and text.startswith('{"success"'))
    result = json.loads(json.dumps(backtester.run(request)))
    metrics = re.search(r'"metrics": \{(.*?), …\}', shown)
    period = re.search(r'"period": \{"effective": (\{.*?\}), "sessions": (\d+)', shown)
    for name, value in json.loads(f"{{{metrics[1]}}}").items():
        assert float(f"{result['metrics'][name]:.12g}") == value
    assert json.loads(period[1]) == result["period"]["effective"]
    assert int(period[2]) == result["period"]["sessions"]
    for key in re.findall(r'"(\w+)": (?:\{…\}|\[\])', shown):
        assert key in result


@pytest.mark.parametrize("page", ["how-to/portfolio-options", "how-to/compare", "prices"])
def test_every_piece_of_a_request_in_a_guide_runs(page):
    base = json.loads(next(text for language, text in FENCE.findall(README) if language == "json"))
    blocks = FENCE.findall((ROOT / f"docs/{page}.md").read_text())
    pieces = [text for language, text in blocks if language == "json"]
    assert pieces
    for piece in pieces:
        asked = json.loads(piece)
        whole = asked if "strategy" in asked else {**base, **asked}  # what looks whole is run as it stands
        assert backtester.run(whole)["success"]


def test_every_tree_of_the_page_of_rules_runs_and_they_show_each_kind_of_node():
    base = json.loads((ROOT / "examples/requests/rules.json").read_text())
    blocks = FENCE.findall((ROOT / "docs/strategies/rules.md").read_text())
    trees = [text for language, text in blocks if language == "json" and '"tree"' in text]
    for tree in trees:
        assert backtester.run({**base, "parameters": json.loads(tree)})["success"]
    kinds = read_schema("strategies/rules")["$defs"]["node"]["oneOf"]
    for kind in (one["$ref"].rpartition("/")[2] for one in kinds):
        assert any(f'"{kind}": ' in tree for tree in trees), kind


def test_the_first_example_of_the_client_runs_on_the_bundled_prices():
    page = (ROOT / "clients/typescript/README.md").read_text()
    literal = re.search(r"const request: BacktestRequest = (\{.*?^\});", page, re.MULTILINE | re.DOTALL)[1]
    quoted = re.sub(r"(\w+):", r'"\1":', literal).replace("'", '"')
    request = json.loads(re.sub(r",(\s*[}\]])", r"\1", quoted))
    result = backtester.run({**request, "data": {"source": "bundled"}})
    assert result["success"]
    assert result["warnings"] == []


def test_the_example_of_many_requests_runs():
    page = (ROOT / "docs/how-to/many-requests.md").read_text()
    code = next(text for language, text in FENCE.findall(page) if language == "python")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.parametrize("page", sorted((ROOT / "docs/decisions").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_is_short_and_its_number_is_that_of_its_file(page):
    lines = page.read_text().splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith(f"# {int(page.name[:4])}. ")


@pytest.mark.parametrize("page", [page for page in PAGES if "reference" not in page.parts], ids=name_of)
def test_the_pages_use_the_words_of_the_glossary(page):
    """None of the words that the glossary has replaced."""
    assert not REPLACED.findall(prose(page))
    assert not re.findall(r"\bnobody\b", prose(page), re.IGNORECASE)


# pages whose python is an image's, that of a CI, or of the environment that their first paragraph activates
OWN_PYTHON = {f"docs/how-to/{name}.md" for name in ("containers", "kubernetes", "serverless")} | {
    "docs/tutorial.md", "examples/report/README.md"
}  # fmt: skip
BARE = re.compile(
    r"(?:^|[`|;(]|&&)[ $]*((?:python3? (?:-m (?:backtester|pip)|backtest_runner|benchmarks/)|pip3? install)[^`\n]*)",
    re.MULTILINE,
)


@pytest.mark.parametrize(
    "text", ["`pip install .`", "\npython -m backtester x", "a | python -m backtester", "$(python backtest_runner.py)",
             "(`python benchmarks/warm.py`)"]
)  # fmt: skip
def test_a_command_that_a_plain_system_lacks_is_found(text):
    assert BARE.search(text)


@pytest.mark.parametrize(
    "page",
    [
        page for page in PAGES
        if name_of(page).startswith(("README", "CONTRIBUTING", "docs/", "examples/"))
        and not name_of(page).startswith("docs/decisions/") and name_of(page) not in OWN_PYTHON
    ],
    ids=name_of,
)  # fmt: skip
def test_commands_name_an_interpreter_that_has_the_package(page):
    assert BARE.findall(page.read_text()) == []
