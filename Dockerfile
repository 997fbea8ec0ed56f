# The image of one Gossipcar node. Build it with: docker build -t gossipcar:latest .
# The base is named once. Its tag follows Python 3.13 and its security fixes; build again now and then to have them.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /app
COPY requirements-image.txt /tmp/
# dnspython is all that a node needs beside the standard library.
RUN pip install --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
        --require-hashes --target=/app -r /tmp/requirements-image.txt
COPY gossipcar.py ./
COPY gossip ./gossip
# Compiled here, as the root file system may be read-only later. Unchecked: in an image sources never change.
# The modes are set because those of a checkout depend on its umask, and the node does not run as the files' owner.
RUN python -m compileall -q --invalidation-mode=unchecked-hash /app && chmod -R u=rwX,go=rX /app

FROM ${PYTHON}
WORKDIR /app
COPY --from=build /app /app
# As root: nothing is left that installs packages, or that would install pip again; pip is all that the base image has
# among its packages. The compiled form is left of just those modules that the health check uses, as it runs for ever and
# the base image has none; a start compiles 3 MB of others in a third of a second. Then it is proved that all is there.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/*-packages/* /usr/local/lib/python3*/ensurepip \
 && python -c 'import os, socket' \
 && python -B -c 'import dns.resolver' && python -B gossipcar.py --version

# Log lines come out at once, and Python never tries to write compiled files.
# Port 80 counts as chosen: where it cannot be bound a container should say so and end, not take another port unseen.
# Two places that memory is taken from are enough, as one thread runs at a time: glibc would have eight for each processor,
# and what is free in one is of no use to the others (docs/reliability.md, Soak).
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    CLIENT_PORT=80

# By number, so that Kubernetes can see that it is not root; no account of the base image has it.
USER 65532:65532

# 80: clients, on loopback alone unless CLIENT_HOST says otherwise. 46747: peers and health.
EXPOSE 80 46747

# For plain docker; Kubernetes has its own probes. No shell, and of Python only what loads in a few milliseconds.
# Under TLS health has a port of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "import socket; from os import environ as e; s = socket.create_connection(('127.0.0.1', int(e.get('HEALTH_PORT') or e.get('PEER_TLS_CERT') and 46748 or e.get('PEER_PORT') or 46747)), 4); s.sendall(b'GET /healthz HTTP/1.0\\r\\n\\r\\n'); raise SystemExit(b' 200 ' not in s.recv(99))"]

# No shell in between: Python is process 1 and gets SIGTERM itself.
ENTRYPOINT ["python", "/app/gossipcar.py"]
