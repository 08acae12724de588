"""One request an invocation, on platforms that start, freeze and end processes as they please.

`lambda_handler` is for AWS Lambda, `vercel.handler` for Vercel; both stand on `pool_client`: one process of our
own hosts a warm pool for as long as the platform keeps the environment.
"""

from __future__ import annotations

from backtester.adapters.serverless.aws import lambda_handler
from backtester.adapters.serverless.pool_client import warm_up

__all__ = ["lambda_handler", "warm_up"]
