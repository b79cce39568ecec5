from sample_findings import evidence, hostile, hostile_finding, make_finding

__all__ = ["evidence", "hostile", "hostile_finding", "make_finding"]
