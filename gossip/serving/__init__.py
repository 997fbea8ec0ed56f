"""How HTTP/1.1 is read and answered, safely and in one write, on top of `ThreadingHTTPServer`. Knows no keys."""
