"""`gossipcar.py demo`: some nodes on this machine, and how writes spread among them. Loads no part of a node."""
