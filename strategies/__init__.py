"""What to do: signals, policy (enter, hold, exit), sizing, the Strategy classes and the runs that ship."""

from strategies.base import Book, CloseStrategy, Strategy, View
from strategies.inputs import Input
from strategies.parameters import parameter

__all__ = ["Book", "CloseStrategy", "Input", "Strategy", "View", "parameter"]
