"""Tables into structs: what is known about SDKs (dialects) and about the calls of everybody else (APIs)."""
