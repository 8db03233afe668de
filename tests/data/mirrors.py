"""Mirrors on this machine, good and bad ones."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Mirror:
    """Serves ``files``; the next requests are answered by ``faults`` instead, one each."""

    def __init__(self, files, *faults):
        self.files, self.faults = dict(files), list(faults)
        self.asked = []
        self.closing = threading.Event()

    def address(self, name=""):
        return f"http://127.0.0.1:{self.port}/{name}"


@contextmanager
def serving(files, *faults):
    """A mirror that runs until the block ends."""
    mirror = Mirror(files, *faults)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            mirror.asked.append((self.path.lstrip("/"), self.headers["Range"]))
            answer = mirror.faults.pop(0) if mirror.faults else serve
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has left
                answer(self, mirror)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    mirror.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield mirror
    finally:
        mirror.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def begin(handler, status, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def content_of(handler, mirror):
    return mirror.files.get(handler.path.lstrip("/"))


# ---- answers -----------------------------------------------------------------------------------


def serve(handler, mirror):
    """As it should be."""
    content = content_of(handler, mirror)
    if content is None:
        return begin(handler, 404)
    start = int((handler.headers["Range"] or "bytes=0-")[6:-1])
    if start == 0:
        begin(handler, 200, Content_Length=len(content))
    elif start >= len(content):
        return begin(handler, 416, Content_Range=f"bytes */{len(content)}")
    else:
        span = f"bytes {start}-{len(content) - 1}/{len(content)}"
        begin(handler, 206, Content_Length=len(content) - start, Content_Range=span)
    handler.wfile.write(content[start:])
    return None


def refuse(status):
    return lambda handler, mirror: begin(handler, status)


def cut_off_after(length):
    def answer(handler, mirror):
        content = content_of(handler, mirror)
        begin(handler, 200, Content_Length=len(content))
        handler.wfile.write(content[:length])

    return answer


def claim_length(length):
    def answer(handler, mirror):
        begin(handler, 200, Content_Length=length)
        handler.wfile.write(content_of(handler, mirror))

    return answer


def without_length(handler, mirror):
    begin(handler, 200)
    handler.wfile.write(content_of(handler, mirror))


def send(content):
    def answer(handler, mirror):
        begin(handler, 200, Content_Length=len(content))
        handler.wfile.write(content)

    return answer


def without_ranges(handler, mirror):
    send(content_of(handler, mirror))(handler, mirror)


def another_range(handler, mirror):
    content = content_of(handler, mirror)
    begin(handler, 206, Content_Length=5, Content_Range=f"bytes 3-7/{len(content)}")
    handler.wfile.write(content[3:8])


def gibberish(handler, mirror):
    handler.wfile.write(b"this is no HTTP\r\n\r\n")


def silence(handler, mirror):
    mirror.closing.wait(60)


def silence_after(length):
    def answer(handler, mirror):
        cut_off_after(length)(handler, mirror)
        handler.wfile.flush()
        mirror.closing.wait(60)

    return answer


def slowly(handler, mirror):
    """A byte now and then, for ever."""
    content = content_of(handler, mirror)
    begin(handler, 200, Content_Length=len(content))
    for byte in content:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.002)
        if mirror.closing.is_set():
            return
