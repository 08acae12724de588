"""What needs minutes, system packages or root is collected by `make test-deploy` alone."""

import os

LIVE = ["kubernetes/test_manifests.py", "monitoring/test_live.py", "compose/test_images.py", "compose/test_stack*.py"]
collect_ignore_glob = [] if "TEST_DEPLOY" in os.environ else LIVE
