"""Podman with a store of its own in a scratch folder, so that nothing of the machine's own is seen or touched."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

# Debian's podman names a runtime that it does not install, and limits that a small machine does not allow.
_CONTAINERS = """\
[engine]
runtime = "{runtime}"
events_logger = "file"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""
_STORAGE = """\
[storage]
driver = "overlay"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class Podman:
    """Runs podman. folder: an empty one, or one that was used before and has images."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        runtime = next((name for name in ("runc", "crun") if shutil.which(name)), "runc")
        for name, text in {"containers": _CONTAINERS, "storage": _STORAGE}.items():
            (folder / f"{name}.conf").write_text(text.format(folder=folder, runtime=runtime))
        self.environ = {
            **os.environ, "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        }  # fmt: skip

    def run(self, *arguments: str, check: bool = True, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run a command of podman's; CalledProcessError, with what it said, when it fails."""
        command = ["podman", *arguments]
        done = subprocess.run(command, env=self.environ, capture_output=True, check=False, **options)
        if check and done.returncode:
            said = (done.stderr + done.stdout).decode("utf-8", "replace")[-4000:]
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
        return done

    def text(self, *arguments: str, **options: Any) -> str:
        """Return what a command writes."""
        return self.run(*arguments, **options).stdout.decode("utf-8", "replace").strip()

    def megabytes(self, image: str) -> float:
        """Return the size of an image, unpacked."""
        return float(self.inspect(image)["Size"]) / 1e6

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what podman knows of a container, or of an image."""
        found: dict[str, Any] = json.loads(self.text("inspect", name))[0]
        return found

    def has_image(self, name: str) -> bool:
        """Say whether an image is here."""
        return self.run("image", "exists", name, check=False).returncode == 0

    def containers(self) -> list[str]:
        """Return the names of all containers, ended ones too."""
        return self.text("ps", "--all", "--format", "{{.Names}}").split()

    def logs(self, name: str) -> str:
        """Return what a container has written, in all its lives."""
        done = self.run("logs", name, check=False)
        return (done.stdout + done.stderr).decode("utf-8", "replace")

    def remove_all(self) -> None:
        """Remove containers, volumes and networks; images stay."""
        for _ in range(10):  # one that others depend on is only removed when they are gone
            self.run("rm", "--all", "--force", "--time", "0", "--volumes", check=False)
            if not self.containers():
                break
        self.run("volume", "rm", "--all", "--force", check=False)
        self.run("network", "prune", "--force", check=False)

    def left(self) -> list[str]:
        """Return what is there of containers, volumes and networks."""
        networks = set(self.text("network", "ls", "--format", "{{.Name}}").split()) - {"podman"}
        return [*self.containers(), *self.text("volume", "ls", "--format", "{{.Name}}").split(), *networks]

    def remove_store(self) -> None:
        """Remove everything, images and the folder itself."""
        self.run("image", "rm", "--all", "--force", check=False)
        mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in sorted((place for place in mounted if place.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", place], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
