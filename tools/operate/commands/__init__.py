"""The commands as they are typed: what was asked for in, an answer for people or machines out."""
