"""POST /api/backtest in a service of its own: a request in, its document out. See docs/how-to/serverless.md."""

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from backtester.adapters.serverless import warm_up
from backtester.adapters.serverless.vercel import respond

warm_up()  # while Vercel starts the function

app = FastAPI(openapi_url=None)


@app.api_route("/api/backtest", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def backtest(request: Request) -> Response:
    """Answer with the runner's document; what is no POST of JSON gets an error document too."""
    made = await run_in_threadpool(respond, request.method, request.headers, await request.body())
    return Response(made.document, made.status, made.headers)
