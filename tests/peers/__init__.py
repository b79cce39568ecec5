"""Transparency by the peers' own tests: the suites of frameworks and servers have the same outcomes with respstart as without it."""
