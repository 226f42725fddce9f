"""How layers are built: packages are fetched and read here; what becomes of them is decided in `assets.layers.logic`."""
