"""Lambda layers as a product: built, scanned, tested, published, rolled out, reported on, and removed when nobody uses them."""
