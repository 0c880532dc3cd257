"""Fronts: the ledger and the schedule of the bundled runtime behind other people's protocols."""
