"""The stop lab: what a stop of each kind would have cost on real prices. No engine runs here."""
