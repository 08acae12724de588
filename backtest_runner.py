"""The entry script: one JSON request on stdin, one JSON result on stdout. See README.md, or --help."""

import os
import sys

_FOLDER = os.path.dirname(os.path.realpath(__file__))
if _FOLDER not in sys.path:  # -I, -P and PYTHONSAFEPATH leave out the script's own folder
    sys.path.insert(0, _FOLDER)

from backtester.__main__ import main  # noqa: E402

if __name__ == "__main__":
    main()
