"""How it is executed: config, the plain loop, backtrader, results, metrics, controls, a run's folder."""
