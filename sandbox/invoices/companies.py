"""The demo company and those that send it invoices. None of them exists."""

from sandbox.invoices.written import Party

ACME = Party("Acme AG", "Lindenstraße 12", "10969 Berlin", "DE", "DE119274066")
NORDLICHT = Party(
    "Nordlicht Druck GmbH", "Hafenweg 7", "20457 Hamburg", "DE", "DE281044776", "DE27200411110047120900", "+49 40 555 0171"
)
NORDLICHT_NEW_ACCOUNT = "DE56120300001029384756"
HOFMANN = Party(
    "Hofmann & Söhne Elektrotechnik KG", "Lerchenfeldstr. 31", "80538 München", "DE", "DE317569202", "DE24700400480285901200",
    "+49 89 555 0144",
)  # fmt: skip
KRAEMER = Party("Büro Krämer GmbH", "Aachener Straße 208", "50931 Köln", "DE", "DE264903186", "DE47370700240110448600")
LOEWE = Party("Café Löwe", "Marktplatz 3", "10178 Berlin", "DE", "DE309511720", phone="Tel. 030 555 0129")
HARBOUR = Party(
    "Harbour Office Supplies Ltd",
    "14 Quay Street",
    "Bristol BS1 4DJ",
    "GB",
    "GB384612008",
    "GB29NWBK60161331926819",
    "+44 117 496 0155",
)
KETTLE = Party("Blue Kettle Catering Ltd", "8 Mill Lane", "Leeds LS2 7EW", "GB", "GB912045703", "GB03BARC20038041157768")
PINECREST = Party("Pinecrest Software Inc.", "2100 SW Alder Street", "Portland, OR 97205", "US", phone="+1 503 555 0188")
LUMIERE = Party(
    "Atelier Lumière SARL", "27 rue de la Charité", "69002 Lyon", "FR", "FR47482130978", "FR7630006000011234567890189"
)
CANAL = Party("Papeterie du Canal SAS", "5 quai du Wault", "59000 Lille", "FR", "FR16519302467", "FR1420041010050500013M02606")
IBERICA = Party("Talleres Ibérica S.L.", "Calle de Colón 48", "46004 Valencia", "ES", "ESB46172086", "ES9121000418450200051332")
VINEDOS = Party(
    "Viñedos del Sur S.A.", "Avenida de la Palmera 19", "41012 Sevilla", "ES", "ESA41039561", "ES2300491500052810123456"
)
AWS = Party("Amazon Web Services, Inc.", "410 Terry Avenue North", "Seattle, WA 98109", "US")
ORACLE = Party("Oracle", "Riesstraße 25", "80992 München", "DE")
SELLERS = (NORDLICHT, HOFMANN, KRAEMER, HARBOUR, KETTLE, PINECREST, LUMIERE, CANAL, IBERICA, VINEDOS, AWS, ORACLE)
"""Those that the company has paid before."""
