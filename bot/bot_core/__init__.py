"""The core: what passes between rooms, and the shape of everything that handles it.

Standard library only. Every other room imports this package and no other room.
"""
