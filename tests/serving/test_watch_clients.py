"""Watching with clients that people use, and through a proxy that they put in front."""

import subprocess
from pathlib import Path

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until
from tests.serving.programs import NGINX, answers, program
from tests.serving.sockets import connect
from tests.watching import Watching


def test_curl_prints_events_as_they_come(node: RunningNode) -> None:
    command = [program("curl"), "-sSN", f"{node.url}/watch?k=curl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as curl:
        assert curl.stdout
        assert curl.stdout.readline() == ": this node is here\n"
        for turn in range(3):
            node.put("curl", b"turn %d" % turn)
            lines = [curl.stdout.readline() for _ in range(4)]
            while "data" not in lines[-1]:
                lines.append(curl.stdout.readline())
            assert f'"value": "turn {turn}"' in lines[-1]
        curl.terminate()


EVENT_SOURCE = """
const answer = await fetch(process.argv[1] + '/watch?prefix=node', { headers: { Accept: 'text/event-stream' } });
const decoder = new TextDecoder();
let text = '', put = 0;
for await (const piece of answer.body) {
  if (put === 0 && ++put) await fetch(process.argv[1] + '/map?k=node%2F1', { method: 'PUT', body: 'ü' });
  text += decoder.decode(piece, { stream: true });
  const data = text.match(/^event: put\\ndata: (.*)\\n$/m);
  if (data) { console.log(JSON.parse(data[1]).value); process.exit(0); }
}
"""


def test_fetch_of_node(node: RunningNode) -> None:
    command = [program("node"), "--input-type=module", "-e", EVENT_SOURCE, node.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("ü\n", "")


def test_nginx_passes_on_at_once_what_comes(node: RunningNode, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(folder=tmp_path, node=node.client_port, port=port))
    proxy = subprocess.Popen([program("nginx"), "-c", str(conf), "-e", str(tmp_path / "error.log")])
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(f"{url}/map"))
        with Watching(url, "?k=proxied") as watching:
            for turn in range(3):
                node.put("proxied", b"%d" % turn)
                assert watching.next().data["value"] == str(turn)
        with Watching(url, "?timeout=60", last=watching.last) as poll:
            node.put("proxied", b"later")
            assert poll.rest() == ["proxied"]
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)


def test_a_long_poll_keeps_the_connection_and_what_was_sent_behind_it(node: RunningNode) -> None:
    poll = b"GET /watch?timeout=0.1&k=x HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(node.client_port) as client:
        client.sendall(poll + poll + b"GET /map?k=a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b""
        while piece := client.recv(65536):
            received += piece
    assert received.count(b"Transfer-Encoding: chunked") == received.count(b"\r\n0\r\n\r\n") == 2
    assert received.endswith(b"\r\n\r\na=1\n")


def test_the_old_version_is_answered_without_chunks(node: RunningNode) -> None:
    with connect(node.client_port) as client:
        client.sendall(b"GET /watch?timeout=0.1&k=x HTTP/1.0\r\n\r\n")
        received = b""
        while piece := client.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert b"Transfer-Encoding" not in head
    assert body.startswith(b": this node is here\nid: ")
