"""Software-defined assets, one package per system; systems meet through asset keys, never through imports."""
