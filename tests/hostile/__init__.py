"""A node among others that mean ill, with an honest peer and a client beside them."""
