"""Clients that people use, and a proxy that they put in front."""

import http.client
import subprocess
import urllib.request
from pathlib import Path

import pytest
import requests

from gossip.commands.demo.nodes import free_ports
from tests.nodes import RunningNode, wait_until
from tests.serving.programs import NGINX, answers, program, run

LARGE = bytes(range(256)) * 2000


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    return path


def test_curl_uploads_after_asking_whether_it_may(node: RunningNode, large: Path) -> None:
    command = [program("curl"), "-sS", "-v", "--expect100-timeout", "20", "-H", "Expect: 100-continue"]
    command += ["-T", str(large), f"{node.url}/map?k=curl"]
    done = subprocess.run(command, capture_output=True, timeout=15, check=True)
    assert b"< HTTP/1.1 100 Continue" in done.stderr
    assert b"< HTTP/1.1 201 Created" in done.stderr
    assert node.get("curl") == b"curl=" + LARGE + b"\n"


def test_curl_uploads_what_it_does_not_know_the_length_of(node: RunningNode) -> None:
    run(program("curl"), "-sSf", "-T", "-", f"{node.url}/map?k=chunked", given=LARGE)
    assert node.get("chunked") == b"chunked=" + LARGE + b"\n"


def test_curl_speaks_the_old_version(node: RunningNode) -> None:
    assert run(program("curl"), "-sSf", "--http1.0", f"{node.url}/map?k=a") == b"a=1\n"


def test_curl_asks_twice_over_one_connection(node: RunningNode) -> None:
    command = [program("curl"), "-sS", "-w", "%{num_connects}\n", f"{node.url}/map?k=a", f"{node.url}/map?k=a"]
    assert run(*command) == b"a=1\n1\na=1\n0\n"


def test_wget(node: RunningNode, large: Path) -> None:
    url = f"{node.url}/map?k=wget"
    run(program("wget"), "-q", "-O", "-", "--method=PUT", f"--body-file={large}", url)
    assert run(program("wget"), "-q", "-O", "-", url) == b"wget=" + LARGE + b"\n"


def test_requests_over_one_connection(node: RunningNode) -> None:
    with requests.Session() as session:
        for turn in range(100):
            answer = session.put(f"{node.url}/map", params={"k": "ré"}, data=b"%d" % turn, timeout=10)
            assert answer.status_code == (204 if turn else 201)
            assert session.get(f"{node.url}/map", params={"k": "ré"}, timeout=10).content == "ré=%d\n".encode() % turn


def test_the_standard_librarys_clients(node: RunningNode) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", node.client_port, timeout=10)
    for body in (LARGE, iter([LARGE, LARGE])):
        connection.request("PUT", "/map?k=client", body=body)
        assert connection.getresponse().read() == b""
    connection.close()
    with urllib.request.urlopen(f"{node.url}/map?k=client", timeout=10) as answer:
        assert answer.read() == b"client=" + LARGE + LARGE + b"\n"


FETCH = """
const url = process.argv[1] + '/map?k=fetch';
for (let turn = 0; turn < 50; turn++) {
  const put = await fetch(url, { method: 'PUT', body: 'turn ' + turn });
  if (put.status !== (turn ? 204 : 201)) throw new Error('PUT answered ' + put.status);
  const text = await (await fetch(url)).text();
  if (text !== 'fetch=turn ' + turn + '\\n') throw new Error('GET answered ' + text);
}
"""


def test_fetch_of_node(node: RunningNode) -> None:
    run(program("node"), "--input-type=module", "-e", FETCH, node.url)
    assert node.get("fetch") == b"fetch=turn 49\n"


JAVA = """
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] arguments) throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        URI uri = URI.create(arguments[0] + "/map?k=java");
        for (int turn = 0; turn < 50; turn++) {
            var body = HttpRequest.BodyPublishers.ofString("turn " + turn);
            HttpRequest put = HttpRequest.newBuilder(uri).PUT(body).build();
            int status = client.send(put, HttpResponse.BodyHandlers.discarding()).statusCode();
            if (status != (turn == 0 ? 201 : 204)) throw new Exception("PUT answered " + status);
            String text = client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString()).body();
            if (!text.equals("java=turn " + turn + "\\n")) throw new Exception("GET answered " + text);
        }
    }
}
"""


def test_http_client_of_java(node: RunningNode, tmp_path: Path) -> None:
    source = tmp_path / "Client.java"
    source.write_text(JAVA)
    run(program("java"), str(source), node.url)
    assert node.get("java") == b"java=turn 49\n"


def test_nginx_in_front_with_connections_that_it_keeps(node: RunningNode, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    conf = tmp_path / "nginx.conf"
    conf.write_text(NGINX.format(folder=tmp_path, node=node.client_port, port=port))
    proxy = subprocess.Popen([program("nginx"), "-c", str(conf), "-e", str(tmp_path / "error.log")])
    try:
        url = f"http://127.0.0.1:{port}/map"
        wait_until(lambda: answers(url))
        with requests.Session() as session:
            for turn in range(100):
                body = b"%d" % turn if turn % 10 else LARGE
                assert session.put(url, params={"k": "nginx"}, data=body, timeout=10).status_code in (201, 204)
                assert session.get(url, params={"k": "nginx"}, timeout=10).content == b"nginx=" + body + b"\n"
        assert "upstream" not in (tmp_path / "error.log").read_text()
    finally:
        proxy.terminate()
        proxy.wait(timeout=10)
