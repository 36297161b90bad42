"""The controls: whose core they sell, and what a book by hand or an identity says they end with."""

from datetime import date

import numpy as np
import pytest
from books import daily_by_hand
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_series, source_of
from modelled import modelled
from worlds import CORES, WARM_UP, configured, days, laid_out, source
from worlds import settings as drawn_settings

from data.fund import FEE, SPREAD
from data.market import load_market
from data.rates import days_between
from data.sources.csv import CsvSource
from engine.analytics.controls import (
    CONTROLS,
    Case,
    ControlKind,
    Made,
    Case,
