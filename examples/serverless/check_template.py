"""Check a SAM template without AWS: transform it as SAM does, then lint the CloudFormation that comes of it.

python check_template.py template.yaml     exit 1 and what is wrong

cfn-lint alone reads a SAM template's property names but not its values.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


class NoPolicies:
    """The managed policies of an account that has none: the template names none."""

    def load(self) -> dict[str, str]:
        """Return them by name."""
        return {}


def main() -> int:
    """Check the template that is named; return the exit status."""
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform
    from samtranslator.yaml_helper import yaml_parse

    template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        if resource["Properties"].get("CodeUri"):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # where `sam deploy` puts it
    try:
        made = transform(template, {}, NoPolicies())
    except InvalidDocumentException as error:
        sys.stdout.write(f"{error}\n")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.json"
        path.write_text(json.dumps(made, indent=1))
        lint = Path(sys.executable).with_name("cfn-lint")
        return 1 if subprocess.run([lint, path], check=False).returncode else 0  # noqa: S603  what we have written


if __name__ == "__main__":
    sys.exit(main())
