"""`gossipcar.py doctor`: what is wrong, in plain words. The one command that loads parts of a node: it uses them as a
node does, and starts none."""
