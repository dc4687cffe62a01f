"""Lambda entry points: each reads its environment, calls pure code once and renders the answer."""
