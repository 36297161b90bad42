"""What the engine is fed: sources, the Market, the NYSE's sessions, the leveraged-fund model, the demo market."""
