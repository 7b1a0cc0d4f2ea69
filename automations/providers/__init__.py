"""Implementations of the ports. They never import each other; `wiring.py` names them."""
