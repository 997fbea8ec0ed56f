"""How nodes come to agree: who the peers are, what two stores say to each other, and the thread that keeps at it."""
