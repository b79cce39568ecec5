"""What respstart costs: `python -m benchmarks`, from the root of the project."""
