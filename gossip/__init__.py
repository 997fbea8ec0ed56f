"""Gossipcar: a shared, in-memory, volatile key-value map for the pods of a Kubernetes Deployment."""

__version__ = "0.3.0"
