"""The table of estimated fund returns in an American prospectus: the oracle of the fund model."""

import math


def estimated_return(index_return, volatility, leverage):
    """``(1+R)^b * exp((b-b^2)/2 * sigma^2) - 1``: the limit of the model when exposure is reset continuously.

    Cheng and Madhavan (2009), "The dynamics of leveraged and inverse exchange-traded funds", J. of Investment
    Management 7(4). R and sigma are of the whole time, fractions; nothing is earned or paid.
    """
    return (1.0 + index_return) ** leverage * math.exp((leverage - leverage**2) / 2.0 * volatility**2) - 1.0
