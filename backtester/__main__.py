"""`python -m backtester` does what `backtest_runner.py` does."""

from backtester.cli import main

if __name__ == "__main__":
    main()
