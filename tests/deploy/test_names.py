"""What deployed files, documents, examples and make name of this checkout is there: modules, commands and files.

A module that moves breaks none of them silently.
"""

import json
import os
import re
import subprocess
import sys

from tests.support.paths import ROOT

PLACES = (
    "deploy", "docs", "examples", "scripts", ".ci", "clients/typescript", "benchmarks", "Makefile", "README.md",
    "CONTRIBUTING.md", "AGENTS.md", "schemas",
)  # fmt: skip
MADE = ("node_modules", ".next", "dist", "vendor", "secrets", "__pycache__", "test-results")  # not of the checkout
READ = (".css", ".html", ".json", ".md", ".mjs", ".py", ".sh", ".toml", ".ts", ".tsx", ".yaml", ".yml", "")
MODULE = re.compile(r"\bbacktester(?:\.[A-Za-z_]\w*)+\b(?!\"\])")  # not the group of an entry point
BETWEEN = r"[\s\"',\[]+"  # of words on a command line, of items of a list in JSON, YAML or TypeScript
RUN = re.compile(rf"(?:-m|\s-A){BETWEEN}(backtester[\w.]*)(?:{BETWEEN}(\w+)\b)?")
FILE = re.compile(r"(?<![\w/.-])(?:backtester|benchmarks|deploy|docs|examples|scripts|tests)/[\w./-]*\w\.[a-z]\w*\b")
# Imports each name, as an operator's machine would; the last part may be something in a module.
IMPORT = """
import importlib, json, os, sys
os.environ["BACKTEST_REDIS_URL"] = "redis://localhost"
def there(name):
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, last = name.rpartition(".")
        return module != "" and there(module) and hasattr(sys.modules[module], last)
    return True
print(json.dumps([name for name in json.load(sys.stdin) if not there(name)]))
"""


def texts():
    """Yield each file's path and text."""
    for place in PLACES:
        for path in [ROOT / place] if (ROOT / place).is_file() else sorted((ROOT / place).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.is_file() and path.suffix in READ and not set(MADE) & set(inside.parts):
                yield inside, path.read_text("utf-8")


TEXTS = dict(texts())


def test_every_module_that_is_named_can_be_imported():
    named = {name for text in TEXTS.values() for name in MODULE.findall(text)}
    assert {"backtester.adapters.celery.app", "backtester.adapters.serverless.lambda_handler"} <= named
    asked = json.dumps(sorted(named)).encode()
    done = subprocess.run([sys.executable, "-c", IMPORT], input=asked, stdout=subprocess.PIPE, cwd=ROOT, check=True)
    assert json.loads(done.stdout) == []


def test_every_command_that_is_named_is_one():
    named = {command for text in TEXTS.values() for module, command in RUN.findall(text) if module == "backtester"}
    assert {"api", "sockets", "keys"} <= named
    for command in sorted(named - {""}):
        done = subprocess.run([sys.executable, "-m", "backtester", command, "--help"], cwd=ROOT, capture_output=True)
        assert done.returncode == 0, command


def test_every_file_that_is_named_is_there():
    missing = [
        f"{inside}: {name}"
        for inside, text in TEXTS.items()
        for name in FILE.findall(text)
        if not set(MADE) & set(name.split("/")) and not any(os.path.exists(ROOT / up / name) for up in inside.parents)
    ]
    assert not missing, "\n".join(missing)
