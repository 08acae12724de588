"""What the examples repeat of other files is what these say."""

import json
import os
import re
import shutil
import subprocess

import pytest

from backtester.settings import SETTINGS
from tests.support.paths import ROOT

pytestmark = pytest.mark.full

TEMPLATE = (ROOT / "examples/serverless/template.yaml").read_text()


def test_the_templates_settings_are_ours_and_a_run_ends_before_lambda_would_end_it():
    assert set(re.findall(r"BACKTEST_\w+", TEMPLATE)) <= set(SETTINGS)
    timeout, most = (
        int(re.search(rf"{name}:\n.*\n    Default: (\d+)", TEMPLATE)[1]) for name in ("TimeoutSeconds", "MaxRunSeconds")
    )
    assert most == timeout - 2
    memory, of_a_run = (
        int(re.search(rf'{name}: "?(\d+)', TEMPLATE)[1]) for name in ("MemorySize", "BACKTEST_MEMORY_MB")
    )
    assert of_a_run < memory


def test_vercels_function_is_the_file_that_is_configured():
    (name,) = json.loads((ROOT / "examples/web/vercel.json").read_text())["functions"]
    assert (ROOT / "examples/web" / name).is_file()


# What `vercel build` itself asks: the services of a folder, how each is built, and what is wrong with them.
DETECT = """
const {detectServices, LocalFileSystemDetector} = require('@vercel/fs-detectors')
detectServices({fs: new LocalFileSystemDetector(process.argv[1])}).then((found) => console.log(JSON.stringify(found)))
"""


@pytest.mark.skipif("TEST_DEPLOY" not in os.environ, reason="installs a package of Vercel's, for make test-deploy")
def test_vercel_finds_the_web_and_the_engine_in_the_template_for_services(tmp_path):
    npm = ["npm", "install", "--prefix", str(tmp_path), "--no-audit", "--no-fund", "@vercel/fs-detectors@7.7.3"]
    subprocess.run(npm, check=True, capture_output=True, timeout=300)
    project = shutil.copytree(ROOT / "examples/serverless/services", tmp_path / "project")
    ignored = shutil.ignore_patterns("node_modules", ".next")
    shutil.copytree(ROOT / "examples/nextjs", project / "web", ignore=ignored)
    command = ["node", "-e", DETECT, str(project)]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    found = json.loads(done.stdout)
    assert (found["errors"], found["warnings"]) == ([], [])
    web, engine = found["services"]
    assert (web["name"], web["builder"]["use"]) == ("web", "@vercel/next")
    assert (engine["name"], engine["builder"]["use"]) == ("engine", "@vercel/python")
    assert (engine["entrypoint"], engine["builder"]["config"]["handlerFunction"]) == ("main.py", "app")
    assert engine["functions"]["main.py"]["maxDuration"] == 60


def test_a_result_that_is_thinned_and_one_that_is_refused_are_in_the_docs():
    page = (ROOT / "docs/how-to/serverless.md").read_text()
    assert "RESULT_THINNED" in page
    assert "RESULT_TOO_LARGE" in page
