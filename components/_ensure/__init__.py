"""Dynamic resources for what no provider resource can express: objects that are shared, eventual, or evolve in place.

Their providers run in a process of their own, are pickled by reference and hold no state; inputs carry everything.
AWS logic stands in plain functions that take clients.
"""
