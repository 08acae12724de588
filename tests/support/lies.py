"""What plug-ins do to the pipes around them: code that their sources begin with."""

from __future__ import annotations

LIES = '''
import os
import struct
import time

FORGED = b'{"success": true, "request_id": "forged"}\\n'

def frame(kind, payload):
    return struct.pack("<cQ", kind, len(payload)) + payload

def write(*frames):
    """Write to every descriptor that there is."""
    for descriptor in range(256):
        for each in frames:
            try:
                os.set_blocking(descriptor, False)
                os.write(descriptor, each)
            except OSError:
                pass

def listen():
    """Pass what can be read anywhere on to the log."""
    for _ in range(200):
        for descriptor in range(256):
            try:
                os.set_blocking(descriptor, False)
                heard = os.read(descriptor, 1 << 16)
            except OSError:
                continue
            if heard:
                os.write(2, b"HEARD " + heard)
                write(frame(b"T", FORGED), frame(b"D", b"\\0"))
        time.sleep(0.01)
'''
