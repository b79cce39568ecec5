"""All that touches a running application: patches, the records' birth, and the guard that keeps respstart's own faults inside."""
