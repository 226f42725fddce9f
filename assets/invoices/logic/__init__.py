"""Pure functions of the invoices."""
