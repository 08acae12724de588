import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtester.commands.report import main
from tests.unit.report.documents import result

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "result.json"
    path.write_text(json.dumps(result("drift")))
    return path


def test_a_file_becomes_a_page(source, tmp_path, capsys):
    target = tmp_path / "report.html"
    assert main([str(source), "-o", str(target)]) == 0
    assert target.read_text().startswith("<!doctype html>")
    assert capsys.readouterr() == ("", "")
    assert sorted(os.listdir(tmp_path)) == ["report.html", "result.json"], "nothing is left beside it"


def test_the_page_can_be_read_by_those_that_the_umask_lets(source, tmp_path):
    before = os.umask(0o022)
    try:
        main([str(source), "-o", str(tmp_path / "report.html")])
    finally:
        os.umask(before)
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_stdin_becomes_a_page_on_stdout(arguments, monkeypatch, capsysbinary):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(result("drift")).encode())))
    assert main(arguments) == 0
    assert capsysbinary.readouterr().out.startswith(b"<!doctype html>")


def test_a_failed_write_leaves_what_was_there(source, tmp_path, monkeypatch, capsys):
    target = tmp_path / "report.html"
    target.write_text("yesterday's")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    assert main([str(source), "-o", str(target)]) == 1
    assert target.read_text() == "yesterday's"
    assert "no space left" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["report.html", "result.json"]


def test_a_folder_that_is_not_there_is_said(source, tmp_path, capsys):
    assert main([str(source), "-o", str(tmp_path / "nowhere" / "report.html")]) == 1
    assert "cannot be written: no such file" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_said(tmp_path, capsys):
    assert main([str(tmp_path / "none.json")]) == 2
    assert "cannot be read: no such file" in capsys.readouterr().err


def test_bad_input_writes_no_page(tmp_path, capsys):
    (tmp_path / "bad.json").write_text("{")
    target = tmp_path / "report.html"
    assert main([str(tmp_path / "bad.json"), "-o", str(target)]) == 2
    assert not target.exists()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("report: bad.json is not a result document")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["jinja2", "plotly"])
def test_a_missing_extra_is_said_with_the_command_that_brings_it(missing, source, monkeypatch, capsys):
    for name in [name for name in sys.modules if name.partition(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, f"{missing}.offline", raising=False)
    assert main([str(source)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"report: The module {missing} is not installed for {sys.executable} (Python ")
    assert f"'{missing}>=" in said.err
    assert said.err.count("\n") == 1


def test_help_and_a_wrong_option(capsys):
    assert main(["--help"]) == 0
    assert "report.html" in capsys.readouterr().out
    assert main(["--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err
    assert main(["a", "b"]) == 2


def test_nothing_heavy_is_imported_before_the_input_is_known_to_be_good(tmp_path):
    (tmp_path / "bad.json").write_text("{")
    code = (
        "import sys; from backtester.commands.report import main; code = main([sys.argv[1]]); "
        "print(code, sorted({'numpy', 'pandas', 'plotly', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "bad.json")], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "2 []\n"
