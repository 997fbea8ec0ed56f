"""The commands: `gossipcar.py get KEY` and the like ask a node that runs, without loading the node's own modules."""
