"""Many people looking on: sockets that follow a job, on one Socket.IO process of the real stack.

    python benchmarks/viewers.py [--viewers 1000] [--json]

Each viewer follows the same batch, which tells of itself about ten times a second while a worker runs it: so many
times that many events are to be delivered. Reported are those that arrived a second, how late, and what it took.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from typing import Any

from load import rig, start_workers, submit

from tests.support.service_stack import Stack

WORK = "two holdings, two years"


async def view(session: Any, url: str, batch_id: str, heard: list[tuple[int, float]], ready: asyncio.Semaphore) -> bool:
    """Follow a batch over a raw websocket, noting (number of the event, moment); tell whether its end was heard."""
    async with session.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0) as socket:
        async for message in socket:
            text = message.data
            if text.startswith("0"):
                await socket.send_str("40")
            elif text.startswith("40"):
                await socket.send_str(f'420["subscribe","{batch_id}"]')
            elif text.startswith("43"):
                ready.release()
            elif text == "2":
                await socket.send_str("3")
            elif text.startswith('42["backtest_progress"'):
                heard.append((json.loads(text[2:])[1]["seq"], time.time()))
            elif text.startswith('42["backtest_complete"'):
                return True
    return False


async def watch(service: Stack, batch_id: str, viewers: int, begin: Any) -> tuple[list[list[tuple[int, float]]], int]:
    """Connect so many viewers, begin, and wait until each has heard the end."""
    import aiohttp

    heard: list[list[tuple[int, float]]] = [[] for _ in range(viewers)]
    ready = asyncio.Semaphore(0)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        following = [
            asyncio.create_task(view(session, service.sockets_url, batch_id, one, ready)) for one in heard
        ]
        for _ in range(viewers):
            await asyncio.wait_for(ready.acquire(), 120)
        await asyncio.to_thread(begin)
        ends = await asyncio.wait_for(asyncio.gather(*following), 600)
    return heard, sum(ends)


def _used(pid: int) -> tuple[float, float]:
    """Return a process's CPU seconds so far, and its resident memory, MiB."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        pages = int(file.read().split()[1])
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def measure(viewers: int, jobs: int) -> dict[str, Any]:
    """Have so many viewers follow a batch of so many jobs."""
    with rig() as service:
        service.start_sockets()
        pid = service.processes["sockets"].pid
        _, empty = _used(pid)
        (batch_id,), _ = submit(service, WORK, jobs)
        took: dict[str, float] = {}

        def begin() -> None:
            took["cpu"], took["memory"] = _used(pid)
            start_workers(service, 1)
            took["began"] = time.perf_counter()

        heard, ends = asyncio.run(watch(service, batch_id, viewers, begin))
        seconds = time.perf_counter() - took["began"]
        cpu = _used(pid)[0] - took["cpu"]
        service.stop("worker")
    # an event is as late for a viewer as it came after the first viewer had it
    first: dict[int, float] = {}
    for one in heard:
        for number, at in one:
            first[number] = min(first.get(number, at), at)
    late = sorted(1e3 * (at - first[number]) for one in heard for number, at in one)
    return {
        "viewers": viewers, "ends": ends, "events": len(late), "a_second": len(late) / seconds,
        "late_p50_ms": statistics.median(late), "late_p99_ms": late[int(0.99 * len(late))],
        "cpu_us_an_event": 1e6 * cpu / len(late), "kib_a_viewer": (took["memory"] - empty) * 1024 / viewers,
    }  # fmt: skip


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=1000, help="sockets (%(default)s)")
    parser.add_argument("--jobs", type=int, default=500, help="jobs of the batch that they follow, at most 1000")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    print(f"measuring {options.viewers} viewers ...", file=sys.stderr)
    at = measure(options.viewers, options.jobs)
    if options.json:
        print(json.dumps(at, indent=2))
        return
    print(f"\n{at['viewers']:,} viewers of one batch, one Socket.IO process; all heard the end: {at['ends']:,}")
    print(f"  {at['events']:,} events arrived, {at['a_second']:,.0f} a second")
    print(f"  later than the first viewer's   p50 {at['late_p50_ms']:.0f} ms, p99 {at['late_p99_ms']:.0f} ms")
    print(f"  {at['cpu_us_an_event']:.0f} us of CPU an event, {at['kib_a_viewer']:.0f} KiB a viewer")


if __name__ == "__main__":
    main()
