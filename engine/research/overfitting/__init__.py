"""How much of the best row of a sweep is luck: deflated Sharpe ratio, splits, superior ability, number of trials."""
