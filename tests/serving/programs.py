"""Programs that people use as clients, and a proxy that they put in front."""

import shutil
import subprocess

import pytest
import requests

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder}; client_max_body_size 2m;
  client_body_buffer_size 2m; proxy_max_temp_file_size 0;
  upstream car {{ server 127.0.0.1:{node}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://car; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}
}}
"""


def program(name: str) -> str:
    """Where this program is; a test that needs it is skipped where it is not."""
    path = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin") or shutil.which(name)
    if not path:
        pytest.skip(f"unavoidable: this machine has no {name}")
    return path


def run(*command: str, given: bytes = b"") -> bytes:
    """What a program prints, which must end well within half a minute."""
    done = subprocess.run(command, input=given, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def answers(url: str) -> bool:
    try:
        return requests.get(url, params={"k": "a"}, timeout=1).status_code == 200
    except requests.ConnectionError:
        return False
