"""The entry script: one JSON request on stdin, one JSON result on stdout. See README.md, or --help."""

from backtester.__main__ import main

if __name__ == "__main__":
    main()
