"""POST /api/python-backtest on Vercel: a request in, its document out. See docs/how-to/serverless.md."""

from backtester.adapters.serverless import warm_up
from backtester.adapters.serverless.vercel import handler

warm_up()  # while Vercel starts the function

__all__ = ["handler"]
