"""Commands around the program: demo, local, smoke. They know its exports; nothing else does."""
