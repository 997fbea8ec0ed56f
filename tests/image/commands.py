"""The README's commands about the image, in its order."""

from tests.docs.readme import examples

BUILD, RUN, STOP, UP, DOWN = (example.command for example in examples() if example.program == "docker")

REQUESTS = [example for example in examples() if example.program == "curl" and "localhost:8080" in example.command]
"""What can be asked at the port that RUN publishes."""

PUT, GET = (e for e in examples() if e.program == "curl" and "/map?k=colour'" in e.command)
"""A write at one of the nodes on a laptop, and a read at another."""
