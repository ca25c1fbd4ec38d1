"""Invoicing: numbers, the ledger held against deals and git, credit notes, and what it all comes to."""
