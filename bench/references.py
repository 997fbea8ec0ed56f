"""Servers to measure against, each in a process of its own. Run as `python -m bench.references KIND PORT`."""

import socket
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SMALL = b"key=" + b"v" * 100 + b"\n"
LARGE = b"big=" + b"v" * (1 << 20) + b"\n"


def answer(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


def loop(port: int, answer: bytes) -> None:
    """The most that a Python thread can do: one `recv`, one `send`, nothing read and nothing decided."""

    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while connection.recv(65536):
                connection.sendall(answer)
        except OSError:
            pass
        connection.close()

    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


class Plain(BaseHTTPRequestHandler):
    """The standard library's server as its documentation has it: HTTP/1.0, a connection for each request."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(SMALL)))
        self.end_headers()
        self.wfile.write(SMALL)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Backlogged(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024


KINDS: dict[str, Callable[[int], None]] = {
    "loop": lambda port: loop(port, answer(SMALL)),
    "empty": lambda port: loop(port, b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
    "copy": lambda port: loop(port, answer(LARGE)),
    "plain": lambda port: Backlogged(("127.0.0.1", port), Plain).serve_forever(),
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](int(sys.argv[2]))
