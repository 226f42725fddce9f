"""Words that head the columns of tables on invoices, and words that begin rows which are no line items: data in eight languages.

Headings are written as they are compared: small letters and digits without marks, accents and spaces (`Art.-Nr.` is `artnr`,
`Prix unitaire` is `prixunitaire`), `%` and `#` kept, `€` as `eur`. Rows are compared in small letters without accents.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Literal

Heading = Literal[
    "line_id", "sku", "description", "quantity", "unit", "unit_price", "price", "discount", "vat_rate", "line_total",
    "gross_total", "tax_base", "tax_amount", "other",
]  # fmt: skip
"""What a column holds: an `ItemField`, or `price` (of one or of all), `gross_total` (with tax), or
what only other tables have."""

_TAX = r"(?:mwst|ust|umsatzsteuer|mehrwertsteuer|steuer|vat|tax|tva|iva|btw|gst|igst|moms)"
_MONEY = r"(?:in)?(?:eur|euro|euros|usd|gbp|chf|inr|rs|dm)?"
_WITHOUT_TAX = (
    rf"(?:netto|net|ht|ohne{_TAX}|exkl{_TAX}|excl{_TAX}|exclusief{_TAX}|exc{_TAX}|wo{_TAX}|ex{_TAX}|horstaxes?|"
    rf"sin{_TAX}|sem{_TAX})?"
)
_ESSENTIALS = rf"{_WITHOUT_TAX}{_MONEY}{_WITHOUT_TAX}"
_NUMBER = r"(?:nr|no|n|num|number|nummer|numero|code|id|#|kode|codigo|cod)"

_PATTERNS: dict[Heading, str] = {
    "line_id": (
        r"#|(?:pos|position|lfd|zeile|zeilen|line|ligne|linea|lin|riga|regel|linha|sl|s|sr|row)(?:nr|no|n|num|#)?|nr|no|n|"
        r"numero|num|item#"
    ),
    "sku": (
        r"(?:art|artikel|article|articulo|articolo|artigo|item|product|produkt|produit|producto|prodotto|part|material|"
        rf"stock|bestell|best|ref|mat|teile|cat|catalogue|catalog){_NUMBER}(?:kunde|lief|lieferant|kd|client|de|"
        r"fournisseur|kdn)?|code(?:article|produit|art)|cod(?:ice)?(?:articolo|art|prod|prodotto)|codigo|codice|code|cod|"
        r"sku|gtin|ean|eancode|upc|ref|reference|referencia|riferimento|referentie|artikelcode|productcode|hsn|sac|hsnsac|"
        r"hsncode|isbn"
    ),
    "description": (
        r"(?:artikel|produkt|waren|leistungs|positions)?(?:beschreibung|bezeichnung)|leistung(?:en)?|leistungsart|produkt|"
        r"artikel|items?|itemdescription|products?|productname|services?|servicedescription|details|particulars|"
        r"descriptionofgoods(?:andservices)?|designation|description|descriptions|nomdesignation|libelle|article|articles|"
        r"produits?|prestations?|objet|intitule|descripcion|concepto|conceptos|detalle|articulo|producto|servicio|"
        r"descrizione|beniservizi|prodotto|articolo|servizio|omschrijving|descricao|designacao|artigo|produto|text|ware|"
        r"gegenstand|tatigkeit|activity|task|itemname|descriptif|benennung"
    ),
    "quantity": (
        r"menge|anzahl|qty|qtt|quantity|quantities|qte|quantite|cantidad|cant|uds|quantita|qta|aantal|hoeveelheid|"
        r"quantidade|qtd|qtde|quant|stuckzahl|hours|hrs|stunden|std|stk|stck|stuck|pcs|nombre|nb|nbre|unidades|pieces|"
        r"tage|days|units|hrsqty|qtyhrs|liefermenge|pezzi|horas|heures|uren|stuks|nights|nachte|nuits|noches"
    ),
    "unit": (
        r"einheit|einh|me|u|vpe|unit|uom|unite|unidad|ud|um|eenheid|unidade|un|unitforpu|mengeneinheit|eh|unitofmeasure|unita|"
        r"mesure|typ"
    ),
    "unit_price": (
        r"(?:(?:einzel|stuck|netto|nettoeinzel|einheits|listen|grund|stunden|e)preis|ep|preis(?:pro|je)?(?:stuck|einheit|"
        r"stk|std|stunde|me)|unitprice|unitcost|unitrate|priceper(?:unit|hour|item)|priceeach|priceunit|rate|hourlyrate|"
        r"each|cost|prixunitaires?|prixunit|prixu|pu|prixpar(?:unite)?|tarif|tarifunitaire|tariff|preciounitario|preciounit|"
        r"precioud|precioporunidad|preciounidad|punitario|punit|pvp|tarifa|prezzounitario|prezzounit|prezzoun|"
        r"prijsperstuk|prijsperuur|stuksprijs|stukprijs|eenheidsprijs|tarief|precounitario|precounit|precoun|vlrunit|"
        rf"valorunitario|satz|stundensatz|unitamount){_ESSENTIALS}"
    ),
    "price": (rf"(?:preis|price|prix|prijs|precio|prezzo|preco|pricewo{_TAX}){_ESSENTIALS}"),
    "discount": (
        r"(?:rabatt|rab|nachlass|disc|discount|rem|remise|descuento|desc|dto|dcto|sconto|sc|korting|desconto|reduction|"
        rf"rabais|positionsrabatt|zeilenrabatt)(?:in)?%?{_MONEY}|%(?:rabatt|disc|discount|remise|dto|sconto|korting)"
    ),
    "vat_rate": (
        rf"{_TAX}(?:satz|rate|%|in%|insatz|code|tarief|kz|sl)?|steuersatz%?|steuersatzin%|taxes|taux(?:de)?(?:tva)?|"
        rf"%{_TAX}|tipo(?:de)?iva|aliquota(?:iva)?|ivaincl|vatin%"
    ),
    "line_total": (
        r"(?:(?:gesamt|positions|zeilen|rechnungs)?(?:gesamt)?(?:preis|betrag|summe|wert)|nettobetrag|nettowert|"
        r"nettosumme|nettogesamt|gesamtnetto|gesamt|gesamteur|entgelt|gp|netto|linetotal|lineamount|total|totalprice|"
        r"totalcost|totalamount|totalnet|netamount|nettotal|netvalue|amount|amt|amountdue|extended|extendedprice|extprice|"
        r"extamount|price(?:total)|value|montant|montantnet|prixtotal|soustotal|importe|importetotal|subtotal|preciototal|"
        r"totallinea|importo|importototale|totale|prezzototale|bedrag|totaal|totaalbedrag|regeltotaal|valor|valortotal|"
        rf"precototal|charges|linenet){_ESSENTIALS}"
    ),
    "gross_total": (
        r"(?:gesamt)?brutto(?:betrag|preis|summe|wert|gesamt)?|(?:total|montant|prix)(?:eur)?ttc|totaalincl(?:btw)?|"
        rf"prijsincl(?:btw)?|bedragincl(?:btw)?|(?:total|amount|totalamount|price)(?:incl|inc|including|with){_TAX}|"
        rf"gross(?:amount|total|value|price)?|endbetrag|(?:gesamt|betrag|preis|summe)(?:inkl|incl|mit){_TAX}|totalconiva|"
        r"totaleivato|totalciva"
    ),
    "tax_base": (
        rf"(?:steuer)?basisbetrag|basis|bemessungsgrundlage|base{_TAX}?|baseht|baseimponible|grundbetrag|"
        rf"grondslag(?:{_TAX})?|taxable(?:amount|value)?|taxbase|netamountsubjecttovat|imponibile|warenwert|nettoumsatz|"
        r"valortributavel|incidencia|nettopreisgesamt"
    ),
    "tax_amount": (
        rf"{_TAX}(?:betrag|amount|total|bedrag|value)|(?:montant|importe|valor|importo)(?:dela|de)?{_TAX}|cuota(?:{_TAX})?|"
        rf"imposta|steueranteil|{_TAX}eur"
    ),
    "other": (
        r"vkegeb|zuabschlag|falligkeit|teilzahlung|date|datum|fecha|data|prozent|basismenge|charge|serie?nr|bezug|"
        r"innerhalb|betreff|reglement|payment|modedepaiement|art|artkategorie|kategorie|taxe|grund|frachtverpvers|"
        rf"skontosofort|ohne|%|eur|in|ligne|liefertermin|{_WITHOUT_TAX}|pricebase|preisbasis|pe|gewicht|weight|kg|"
        r"zahlungsart|zahlungsbedingungen|duedate|balance|period|zeitraum|bc|#ligne"
    ),
}
_HEADINGS = {heading: re.compile(pattern) for heading, pattern in _PATTERNS.items()}
LONGEST = 6
"""Words that a heading has at most."""

_MARKS = re.compile(r"[^a-z0-9%#]+")

_TOTAL = (
    r"(?:zwischen|gesamt|netto|brutto|rechnungs|waren|end|positions|beleg|zahl|uber)+(?:summe|betrag|beitrag|wert|"
    r"total)[a-z]*|summen?|gesamt|total(?:e|aal|en)?|sous[- ]?total|sub[- ]?tota(?:l|al|le)|subtotaal|totaux|"
    r"net(?:to)?(?=:?$)|net (?:total|amount|a payer|ht|payable|value)|grand total|amount (?:due|payable)|balance(?: due)?|"
    r"montant (?:total|ht|ttc|du|net)|prix (?:ht|ttc)|solde|reste a payer|importe total|base imponible|imponibile|netto a pagare|"
    r"totaal|exclusief|inclusief|valor total|invoice total|total due|zu zahlen|zahlbetrag|rechnungsbetrag|"
    r"factuur ?totaal|factuurbedrag|te betalen|somme a payer|due|residual|credits?|paid|payments?|prepaid|deposit|"
    r"leistungsstand|abz(?:gl|ugl|uglich)|anzahlung(?:en)?|erhaltene anzahlungen|acompte|"
    r"a payer|charges|rounding|rundung|arrondi|redondeo|afronding"
)
_TAXED = (
    r"(?:zzgl\.?|zuzugl\.?|plus|\+|inkl\.?|incl\.?|enthaltene?|darin|davon|dont|"
    r"cuota(?: de)?|importe(?: del)?|montant)? ?(?:\d+(?:[.,]\d+)? ?% ?)?(?:mwst|ust|"
    r"umsatzsteuer|mehrwertsteuer|steuer(?:betrag)?|versicherungs?steuer|vat|sales tax|tax(?:es)?|tva|t\.v\.a|iva|"
    r"i\.v\.a|btw|gst|cgst|sgst|igst|hst|pst|qst|impuestos?|impots|imposta|moms)"
)
_CARRIED = (
    r"ubertrag|zwischensumme|vortrag|carried (?:forward|over)|brought forward|carry[- ]?over|c/f|b/f|a reporter|"
    r"report(?!ing)|suma y sigue|suma anterior|a riportare|riporto|transporte|a transportar|transport(?: van)? vorige|"
    r"te transporteren|over te dragen|sub[- ]?tota(?:l|al|le)|subtotaal|sous[- ]?total|subtotale|page total|"
    r"seitensumme"
)
_ADJUSTED = (
    r"(?:rechnungs|sonder|kunden|mengen|gesamt|treue|stammkunden)?(?:rabatt|nachlass|abschlag|zuschlag|abzug|skonto)|"
    r"discount|allowance|surcharge|rebate|remises?|rabais|escompte|reduction|charges?|frais|descuento|recargo|portes|"
    r"gastos|sconto|abbuono|spese|korting|toeslag|desconto|(?:transport|fracht|versand|verpackungs|porto|"
    r"liefer)(?:kosten|pauschale)?|fracht|versand|porto|shipping|freight|delivery|postage|handling|verzendkosten|"
    r"bezorgkosten|livraison|envio|transporte|spedizione|expedition"
)
TOTAL = re.compile(rf"(?:{_TOTAL})\b")
"""How rows of sums begin."""
TAXED = re.compile(rf"(?:{_TAXED})(?![a-z0-9])")
"""How rows of taxes begin."""
CARRIED = re.compile(rf"(?:{_CARRIED})\b")
"""How rows begin that sum up what stands above while items go on below or on the next page."""
ADJUSTED = re.compile(rf"(?:{_ADJUSTED})\b")
"""How discounts, shipping and other charges on the whole invoice begin."""


REDUCTION = re.compile(
    r"(?:[a-z]*(?:rabatt|nachlass|abschlag|abzug|skonto)|discount|allowance|rebate|remises?|rabais|escompte|reduction|descuento|sconto|"
    r"abbuono|korting|desconto)\b"
)
"""How those of them begin that are taken off."""
INCLUDED = re.compile(r"(?:incl|inkl|inclus|davon|darin|enthalten|of which|including|dont|y compris|waarvan|di cui|incluido)\b")
"""How rows begin that tell a part of the item above."""


def unaccented(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("€", "eur "))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=16_384)
def bare(text: str) -> str:
    """A text as headings are compared."""
    return _MARKS.sub("", unaccented(text))


@lru_cache(maxsize=4096)
def heading(text: str) -> Heading | None:
    """What a column with this bare heading holds; None if it is none that is known."""
    return next((name for name, pattern in _HEADINGS.items() if text and pattern.fullmatch(text)), None)


_CONFUSED = {
    "0": "o", "1": "il", "5": "s", "8": "b", "a": "o", "b": "h", "c": "eo", "e": "c", "f": "t", "g": "q", "h": "b", "i": "lj1",
    "l": "i1t", "n": "u", "o": "0ca", "q": "g", "s": "5", "t": "fl", "u": "vn", "v": "uy", "y": "v",
}  # fmt: skip
"""Characters that recognition takes for each other in printed words."""
_JOINED = (("rn", "m"), ("m", "rn"), ("ri", "n"), ("cl", "d"), ("d", "cl"))
_SHORTEST = 4
"""Characters of a heading from which on one of them may be misread."""


@lru_cache(maxsize=4096)
def misread_heading(text: str) -> Heading | None:
    """What a column holds whose bare heading was recognised with one character wrong at most; None if it is none."""
    if (exact := heading(text)) is not None or len(text) < _SHORTEST:
        return exact
    others = (text[:i] + other + text[i + 1 :] for i, c in enumerate(text) for other in _CONFUSED.get(c, ""))
    joined = (
        text[:i] + both + text[i + len(parts) :] for i in range(len(text)) for parts, both in _JOINED if text.startswith(parts, i)
    )
    return next((kind for one in (*others, *joined) if (kind := heading(one)) is not None), None)
