"""Search: spaces too large for a grid, tried trial by trial as optuna proposes, each a sweep's row."""
