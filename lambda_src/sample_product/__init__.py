"""The sample product behind the metered API. Swap it for your own; nothing else depends on it."""
