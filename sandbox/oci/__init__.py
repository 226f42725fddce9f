"""The embedded Oracle cloud: an HTTP server that the unchanged, signing SDK talks to. See docs/sandbox.md for what it covers."""
