"""The command in the remedy is one that works for the interpreter that fails."""

import importlib.util
import shutil
import sys
import sysconfig

import pytest

from backtester.model import environment

PYTHON = "/opt/my python/bin/python3"


@pytest.fixture
def remedy(monkeypatch, tmp_path):
    """Return the remedy for a missing module on a machine that has some programs and an interpreter of some kind."""

    def found(module="jsonschema", *, managed=False, virtual=False, has=(), programs=(), checkout=True):
        real = importlib.util.find_spec
        ways = ("pip", "ensurepip")
        monkeypatch.setattr(
            importlib.util, "find_spec",
            lambda name: (name in has or None) if name in ways else None if name == module else real(name),
        )  # fmt: skip
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.setattr(shutil, "which", lambda name: name if name in programs else None)
        monkeypatch.setattr(sysconfig, "get_path", lambda name, scheme: str(tmp_path))
        monkeypatch.setattr(sys, "executable", PYTHON)
        monkeypatch.setattr(sys, "prefix", "/venv" if virtual else sys.base_prefix)
        monkeypatch.setenv("HOME", "/home/me")
        if managed:
            (tmp_path / "EXTERNALLY-MANAGED").touch()
        if not checkout:
            monkeypatch.setattr(environment, "_ROOT", "/usr/lib/python3/dist-packages")
        return environment.missing(module)[1]

    return found


def test_pip_where_the_interpreter_has_it(remedy):
    assert remedy(has=["pip"]) == f"Run `'{PYTHON}' -m pip install 'jsonschema>=4.23'`."


def test_uv_where_its_environment_has_no_pip(remedy):
    assert remedy(programs=["uv"]) == f"Run `uv pip install --python '{PYTHON}' 'jsonschema>=4.23'`."


def test_pip_can_be_had_from_the_standard_library(remedy):
    pip = f"'{PYTHON}' -m pip install 'jsonschema>=4.23'"
    assert remedy(has=["ensurepip"]) == f"Run `'{PYTHON}' -m ensurepip && {pip}`."


def test_a_python_that_the_system_manages_is_left_alone(remedy):
    said = remedy(managed=True, has=["pip", "ensurepip"], programs=["make"])
    root = environment._ROOT
    assert said == (
        f"Run `make -C {root} 'PYTHON={PYTHON}' demo`, and start the runner with {root}/.venv/bin/python (PYTHON_PATH)."
    )


def test_an_environment_of_a_managed_python_is_its_users(remedy):
    assert "-m pip install 'jsonschema" in remedy(managed=True, virtual=True, has=["pip"], programs=["make"])


def test_an_extra_comes_on_top_of_what_make_installs(remedy):
    said = remedy("clarabel", managed=True, has=["ensurepip"], programs=["make"])
    assert f" demo && {environment._ROOT}/.venv/bin/python -m pip install 'clarabel>=0.11'`" in said


@pytest.mark.parametrize("given", [{"checkout": False, "programs": ["make"]}, {"checkout": True}])
def test_without_make_or_a_checkout_it_is_an_environment_beside_the_system(remedy, given):
    said = remedy(managed=True, has=["ensurepip"], **given)
    assert said.startswith(f"Run `'{PYTHON}' -m venv --system-site-packages /home/me/.backtest-runner && ")
    assert "/home/me/.backtest-runner/bin/python -m pip install " in said


def test_debian_has_a_package_for_environments(remedy):
    assert remedy(managed=True, programs=["make", "apt-get"]).startswith(
        "Run `sudo apt-get install python3-venv && make -C "
    )


def test_windows_quotes_what_its_shell_would_take_for_a_redirection(monkeypatch):
    monkeypatch.setattr(environment.os, "name", "nt")
    assert environment._joined(["C:\\Program Files\\python.exe", "-m", "pip", "numpy>=2.1"]) == (
        '"C:\\Program Files\\python.exe" -m pip "numpy>=2.1"'
    )
