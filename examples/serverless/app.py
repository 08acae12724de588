"""The function's entry: `app.lambda_handler` of template.yaml."""

from backtester.adapters.serverless import lambda_handler, warm_up

warm_up()  # while Lambda initialises the environment, not while somebody waits for an answer

__all__ = ["lambda_handler"]
