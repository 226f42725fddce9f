"""When invoices are paid: what is known of a party on a day, the model learnt from it, and how well it predicts. Pure."""
