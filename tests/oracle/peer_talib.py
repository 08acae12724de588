"""What TA-Lib says of one series of closes: run by the peers' Python, a job on stdin, the answer on stdout."""

import json
import sys

import numpy as np
import talib

job = json.load(sys.stdin)
close = np.array(job["close"])
n, (fast, slow) = job["window"], job["windows"]
answer = {
    "rsi": talib.RSI(close, n), "exponential_average": talib.EMA(close, n), "average": talib.SMA(close, n),
    "return": talib.ROCP(close, n), "deviation_of_price": talib.STDDEV(close, n) * np.sqrt(n / (n - 1)),
    "macd": talib.EMA(close, fast) - talib.EMA(close, slow),
}  # fmt: skip
print(json.dumps({name: [None if np.isnan(v) else float(v) for v in values] for name, values in answer.items()}))
