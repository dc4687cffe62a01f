"""What the delivery workflows and a person run alike: preview, plan, `up`, drift, and telling GitHub of them.

Python's standard library alone, so that a job which only writes a comment installs nothing.
"""
