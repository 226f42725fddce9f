"""Models that predict when invoices are paid: one interface, learnt in process or inside an Oracle Database."""
