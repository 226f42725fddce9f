"""E-invoices: the XML of Factur-X, ZUGFeRD 1 and 2, XRechnung and their kin, alone or embedded in a PDF."""
