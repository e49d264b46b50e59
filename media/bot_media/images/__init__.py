"""Makers of pictures, and what is done to pictures afterwards."""
