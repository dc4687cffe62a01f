"""The operator's path: see what is missing, put again what failed, correct what is wrong, and leave a trace of it."""
