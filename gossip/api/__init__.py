"""What may be asked of a node: the map and its statistics by clients, exchanges and health by peers and kubelets."""
