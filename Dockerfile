# The image of one Gossipcar node. Build it with: docker build -t gossipcar:latest .
# The base is named once. Its tag follows Python 3.13 and its security fixes; build again now and then to have them.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
WORKDIR /app
COPY requirements.txt /tmp/
# dnspython is all that a node needs beside the standard library; its version is stated in requirements.txt alone.
RUN grep '^dnspython' /tmp/requirements.txt >/tmp/runtime.txt \
 && pip install --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
        --target=/app -r /tmp/runtime.txt
COPY gossipcar.py ./
COPY gossip ./gossip
# Compiled here, as the root file system may be read-only later. Unchecked: in an image sources never change.
# The modes are set because those of a checkout depend on its umask, and the node does not run as the files' owner.
RUN python -m compileall -q --invalidation-mode=unchecked-hash /app && chmod -R u=rwX,go=rX /app

FROM ${PYTHON}
WORKDIR /app
COPY --from=build /app /app
# Runs once as root: proves that the image has all it imports, and leaves the compiled form of just those modules of the
# standard library that a node uses. The base image has none, so each start and health check would compile them again.
RUN python -c 'import dns.resolver, urllib.request' && python gossipcar.py --version

# Log lines come out at once, and Python never tries to write compiled files.
# Port 80 counts as chosen: where it cannot be bound a container should say so and end, not take another port unseen.
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CLIENT_PORT=80

# By number, so that Kubernetes can see that it is not root; no account of the base image has it.
USER 65532:65532

# 80: clients, on loopback alone unless CLIENT_HOST says otherwise. 46747: peers and health.
EXPOSE 80 46747

# For plain docker; Kubernetes has its own probes. No shell, and no proxy that the environment may name.
# Under TLS health has a port of its own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-c", "from os import environ as e; import urllib.request as u; u.build_opener(u.ProxyHandler({})).open('http://127.0.0.1:%s/healthz' % (e.get('HEALTH_PORT') or e.get('PEER_TLS_CERT') and 46748 or e.get('PEER_PORT') or 46747), timeout=4)"]

# No shell in between: Python is process 1 and gets SIGTERM itself.
ENTRYPOINT ["python", "/app/gossipcar.py"]
