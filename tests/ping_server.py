"""A monitor on the loopback that notes what it is asked, and can answer, drip, hold or break off as it is told."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOLD, CLOSE, DRIP = "hold", "close", "drip"
"""In place of an answer: none before the server ends, none at all, or one that never gets to its end."""


class PingServer:
    """Use it as a context. `asked` lists path and query of each request, `heard` its whole head as it came.

    `answers` maps what a request's path ends in to (status, headers, body) or one of the three; the longest counts.
    """

    def __init__(self, certificate=None):
        self.certificate = certificate
        self.asked = []
        self.heard = []
        self.answers = {}
        self.arrived = threading.Event()
        self.over = threading.Event()

    @property
    def root(self):
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        ours = self

        class Handler(_Handler):
            server_of = ours

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # a client that breaks off is no news
        if self.certificate:
            self._server.socket = self.certificate.context().wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer_to(self, path):
        ends = [end for end in self.answers if path.endswith(end)]
        return self.answers[max(ends, key=len)] if ends else (200, {}, b"OK")


class _Handler(BaseHTTPRequestHandler):
    server_of = None

    def do_GET(self):
        ours = self.server_of
        ours.heard.append(f"{self.requestline}\n{self.headers}")
        ours.asked.append(self.path)
        ours.arrived.set()
        answer = ours.answer_to(self.path.partition("?")[0])
        if answer == HOLD:
            ours.over.wait()
        elif answer == DRIP:
            self.send_response(200)
            self.flush_headers()
            with contextlib.suppress(OSError):
                while not ours.over.wait(0.05):
                    self.wfile.write(b"X-More: y\r\n")
        elif answer != CLOSE:
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_):
        pass
