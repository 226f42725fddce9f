"""How invoices name things, by language: data only. Wordings are compared without case, accents and punctuation.

A role is a field of the head, or something else that must not be mistaken for one (`other_date`: the date of an order). The
longest wording wins, so that `order date` is not read as `date`.
"""

from typing import Literal

from assets.invoices.logic.invoice import FieldName

Role = (
    FieldName
    | Literal[
        "other_number", "other_date", "other_party", "other_currency", "other_amount", "net_total", "name", "address", "vat_id",
        "tax_number", "payee", "title_invoice", "title_credit_note", "title_receipt", "discount_terms", "end_of_section",
        "contact",
    ]
)  # fmt: skip
"""`net_total` is the amount without tax after allowances and charges (BT-109), which is often the only net amount printed."""
Language = Literal["en", "de", "fr", "es", "it", "nl", "pt"]
Wordings = dict[Role, str]
"""Wordings of a role, `|` between them."""

CLEAR: dict[Language, Wordings] = {
    "en": {
        "invoice_number": (
            "invoice number|invoice no|invoice nr|invoice num|invoice #|invoice id|inv no|inv number|bill number|bill no"
            "|tax invoice no|tax invoice number|document number|document no|credit note number|credit note no"
            "|credit memo number|receipt number|receipt no|your invoice number"
        ),
        "issue_date": (
            "invoice date|date of invoice|issue date|date of issue|date issued|billing date|bill date|tax point"
            "|tax point date|document date|credit note date|invoice issue date|issued on|invoiced on|receipt date"
        ),
        "due_date": (
            "due date|payment due|payment due date|date due|due on|due by|pay by|payable by|please pay by|payment date due"
            "|due|payment due by|total amount due on|amount due on|must be paid by|to be paid by|invoice due date"
            "|payment deadline"
        ),
        "delivery_date": (
            "delivery date|date of delivery|date of supply|supply date|service date|date of service|shipping date|ship date"
            "|delivered on|performance date"
        ),
        "purchase_order": (
            "purchase order|purchase order number|purchase order no|po number|po no|p o number|po #|p o #|p o no|p o nr"
            "|your order|order ref|your order ref|customer order|p o|po|your order number|your order no|customer po"
            "|customer order number|buyer order number|order reference"
        ),
        "preceding_invoice": (
            "original invoice|original invoice number|original invoice no|related invoice|preceding invoice"
            "|corrected invoice|refers to invoice|credited invoice|reference invoice|invoice reference"
        ),
        "payment_terms": "payment terms|terms of payment|payment term|payment conditions|conditions of payment",
        "seller": (
            "seller|vendor|supplier|from|sold by|bill from|billed by|service provider|issued by|issuer|provider"
            "|invoice from|remit to"
        ),
        "buyer": (
            "buyer|bill to|billed to|invoice to|invoiced to|sold to|customer|client|bill to address|billing address"
            "|invoice address|customer address|purchaser|customer name|guest name|invoice recipient|recipient|billing to"
            "|charge to"
        ),
        "currency": "currency|invoice currency|document currency|currency code",
        "other_currency": "vat accounting currency|tax currency",
        "line_total": (
            "subtotal|sub total|net subtotal|sum of line amounts|line total sum|goods total|items total|goods value"
            "|total line amount"
        ),
        "net_total": (
            "net total|total net|net amount|total excl vat|total excluding vat|total excl tax|total before tax|total ex vat"
            "|amount excl vat|total without tax|total net amount|total excluding tax|total exclusive of vat"
            "|taxable amount total|amount before tax"
        ),
        "allowance_total": "total discount|total discounts|discount total|less discount|total allowances|invoice discount",
        "charge_total": (
            "total charges|shipping and handling|shipping handling|shipping|freight|delivery charge|postage|shipping costs"
            "|carriage|delivery fee|handling fee|postage and packing"
        ),
        "tax_total": (
            "total vat|total tax|tax total|vat total|vat amount|tax amount|total gst|sales tax|gst amount|total tax amount"
            "|total sales tax|total vat amount|vat payable"
        ),
        "grand_total": (
            "grand total|total amount|invoice total|total incl vat|total including vat|total incl tax|total including tax"
            "|total inc vat|total with tax|gross amount|total gross|gross total|total for this invoice|total invoice amount"
            "|invoice amount|total inclusive of vat|total price|amount total|total to pay|order total|total charge"
            "|total invoice|final total|total gross amount"
        ),
        "prepaid": (
            "amount paid|paid|payment received|payments received|deposit|less deposit|prepaid|prepaid amount"
            "|advance payment received|already paid|less payments|payments|deposit paid|total paid|amount received"
            "|payment made|less amount paid"
        ),
        "rounding": "rounding|rounding adjustment|rounding adj|round off|rounding amount",
        "due_payable": (
            "amount due|balance due|total due|amount payable|total payable|balance|outstanding balance|net payable"
            "|total amount due|residual|amount to pay|remaining balance|please pay|amount outstanding|outstanding amount"
            "|balance to pay|total amount payable|balance payable|remaining amount due|pay this amount|now due"
        ),
    },
    "de": {
        "invoice_number": (
            "rechnungsnummer|rechnungsnr|rechnungs nr|rechnungs nummer|rechnung nr|rechnung nummer|rechnung no|rg nr|re nr"
            "|rechn nr|belegnummer|beleg nr|belegnr|beleg nummer|gutschriftsnummer|gutschrift nr|dokumentnummer"
            "|rechnungskorrektur nr|rechnung #|fakturanummer|faktura nr|beitragsrechnung nr|rgnr|rechnungsnummer nr"
            "|dokument nr"
        ),
        "issue_date": (
            "rechnungsdatum|rechnungs datum|datum der rechnung|belegdatum|beleg datum|ausstellungsdatum|fakturadatum"
            "|gutschriftsdatum|rg datum|re datum|rechnung vom|ausgestellt am|dokumentdatum|rechnungs lieferdatum"
            "|rechnungs und lieferdatum|rechnungs leistungsdatum|rechnungs und leistungsdatum|rechnungsdatum lieferdatum"
            "|rechnungsdatum leistungsdatum"
        ),
        "due_date": (
            "falligkeitsdatum|falligkeit|fallig am|zahlbar bis|zahlungsziel|zahlung bis|zu zahlen bis|fallig bis"
            "|falligkeitstag|zahlbar bis zum|bitte uberweisen sie bis zum|netto bis|ohne abschlag bis|zahlungsfrist bis"
            "|fallig|zahlbar ohne abzug bis|bitte zahlen bis|faellig am|faelligkeit|faelligkeitsdatum|wird am|abgebucht am"
            "|abbuchung am|einzug am|eingezogen am|lastschrift am|abbuchungsdatum|zahlungsfrist|buchen wir am|ziehen wir am"
            "|werden wir am|zahlbar zum|fallig zum"
        ),
        "delivery_date": (
            "lieferdatum|liefer datum|leistungsdatum|leistungs datum|liefer und leistungsdatum|liefer leistungsdatum"
            "|tag der lieferung|datum der lieferung|datum der leistung|leistungszeitpunkt|lieferung am"
            "|liefer leistungszeitraum|leistungszeitraum|abrechnungszeitraum|lieferzeitraum"
        ),
        "purchase_order": (
            "bestellnummer|bestell nr|bestellnr|bestell nummer|bestellung nr|bestellung|ihre bestellung|ihre bestellnummer"
            "|ihr auftrag|ihre bestell nr|kundenbestellnummer|bestellreferenz|ihre bestellung nr|auftragsnummer des kunden"
        ),
        "preceding_invoice": (
            "ursprungsbeleg nr|ursprungsbeleg|ursprungsrechnung|urspruengliche rechnung|ursprungliche rechnung"
            "|zu rechnung nr|zur rechnung|zur rechnung nr|bezugsrechnung|originalrechnung|vorausgegangene rechnung"
            "|stornierte rechnung|korrigierte rechnung|korrektur zu rechnung|storno zu rechnung|referenzrechnung"
        ),
        "payment_terms": "zahlungsbedingungen|zahlungsbedingung|zahlungskonditionen|zahlungskondition|zahlungsvereinbarung",
        "seller": (
            "verkaufer|lieferant|rechnungssteller|rechnungsaussteller|leistungserbringer|absender|auftragnehmer|anbieter"
            "|dienstleister|verkaeufer|aussteller|leistender unternehmer|kreditor"
        ),
        "buyer": (
            "kaufer|kaufer leistungsempfanger|leistungsempfanger|rechnungsempfanger|kunde|rechnungsadresse"
            "|rechnungsanschrift|auftraggeber|rechnung an|kaeufer|besteller|empfanger|debitor|kundenanschrift|rechnung fur"
        ),
        "other_party": (
            "warenempfanger|abweichender warenempfanger|abweichender rechnungsempfanger|lieferadresse|lieferanschrift"
            "|abweichender zahlungsempfanger|steuerbevollmachtigter des verkaufers|steuervertreter|lieferempfanger"
            "|versandadresse|liefern an|lieferung an|steuerbevollmachtigter|fiskalvertreter|endkunde"
        ),
        "payee": "kontoinhaber|kontoname|zahlungsempfanger|begunstigter",
        "currency": "wahrung|rechnungswahrung|belegwahrung|waehrung|wahrungscode",
        "other_currency": "wahrung der umsatzsteuerbuchung|wahrung der umsatzsteuer|buchungswahrung",
        "line_total": (
            "positionssumme|warenwert|zwischensumme|summe der positionen|nettowarenwert|gesamtbeitrag|summe positionen"
            "|warenwert netto"
        ),
        "net_total": (
            "summe netto|nettosumme|nettobetrag|gesamt netto|netto gesamt|gesamtbetrag netto|netto summe|gesamtsumme netto"
            "|total netto|rechnungsbetrag netto|nettogesamtbetrag|netto|betrag netto|gesamtnetto|summe ohne mwst"
            "|summe ohne ust|nettorechnungsbetrag|summe netto eur|gesamtpreis netto|nettobeitrag"
        ),
        "allowance_total": (
            "gesamtbetrag der abschlage|summe der abschlage|gesamtrabatt|summe rabatt|rabatt gesamt|rechnungsrabatt"
        ),
        "charge_total": (
            "gesamtbetrag der zuschlage|summe der zuschlage|versandkosten|versand|porto|porto und verpackung|fracht"
            "|frachtkosten|versand und verpackung|transportkosten|versandkosten netto|fracht verp vers|lieferkosten"
        ),
        "tax_total": (
            "steuerbetrag|steuerbetrag in|mwst betrag|ust betrag|gesamtsteuer|summe mwst|summe ust|ust gesamt|mwst gesamt"
            "|zuzuglich ust|zzgl ust|zzgl mwst|zuzuglich mwst|zuzuglich umsatzsteuer|zzgl umsatzsteuer|summe umsatzsteuer"
            "|zzgl gesetzl mwst|zzgl gesetzlicher mwst|versicherungsteuer|versicherungssteuer|umsatzsteuerbetrag"
            "|zuzuglich mehrwertsteuer|summe steuern|steuern gesamt|umsatzsteuer gesamt|gesamtumsatzsteuer"
            "|mehrwertsteuerbetrag|zzgl mehrwertsteuer|summe steuer"
        ),
        "grand_total": (
            "bruttosumme|gesamtbetrag|gesamtsumme|rechnungsbetrag|rechnungssumme|endbetrag|summe inkl ust|summe inkl mwst"
            "|summe brutto|gesamt brutto|brutto gesamt|bruttobetrag|gesamtbetrag brutto|endsumme|gesamtbetrag inkl mwst"
            "|gesamtbetrag inkl ust|rechnungsendbetrag|gesamt inkl mwst|total brutto|gesamtpreis|bruttogesamtbetrag"
            "|rechnungsbeitrag|gesamtbetrag inklusive mwst|betrag brutto|gesamt|gutschriftbetrag|gutschriftsbetrag"
            "|erstattungsbetrag|rechnungsgesamtbetrag|gesamtrechnungsbetrag|summe inklusive mwst|gesamtpreis brutto"
            "|rechnungsbetrag brutto|gesamtbruttobetrag"
        ),
        "prepaid": (
            "erhaltene anzahlungen|anzahlung|anzahlungen|bereits gezahlt|bereits bezahlt|abzuglich anzahlung|vorauszahlung"
            "|vorauszahlungen|geleistete zahlungen|bezahlt|abzgl anzahlung|gezahlt|erhaltene zahlungen|geleistete anzahlung"
            "|abschlagszahlungen|vorausbezahlt|abzuglich geleistete abschlage|geleistete abschlage|abzgl abschlage"
            "|bereits geleistete abschlage|abzuglich abschlage|abzuglich geleisteter abschlage|bezahlte abschlage"
        ),
        "rounding": "rundung|rundungsbetrag|rundungsdifferenz|rundungsausgleich",
        "due_payable": (
            "zahlbetrag|zu zahlender betrag|zu zahlen|restbetrag|offener betrag|zu uberweisender betrag|falliger betrag"
            "|restsumme|noch zu zahlen|verbleibender betrag|auszahlungsbetrag|restzahlung|zahlungsbetrag|zu bezahlen"
            "|noch zu zahlender betrag|offene summe|uberweisungsbetrag|zu zahlende summe|nachzahlung|nachforderung"
        ),
        "other_amount": (
            "steuerbasisbetrag|basisbetrag|leergutwert|skontobetrag|bruttopreis|bruttolistenpreis|frachtbetrag|rabattbetrag"
            "|artikelgesamtrabatt"
        ),
    },
    "fr": {
        "invoice_number": (
            "facture no|facture numero|numero de facture|no de facture|no facture|numero facture|n de facture|facture #"
            "|avoir no|numero d avoir|no d avoir|reference facture|ref facture|numero de la facture|no de la facture"
            "|facture n|no piece|numero de piece|numero de document"
        ),
        "issue_date": (
            "date de facture|date de la facture|date facture|date d emission|date de facturation|facture du|date de l avoir"
            "|emise le|emis le|facture en date du|date d etablissement|date avoir"
        ),
        "due_date": (
            "date d echeance|echeance|date limite de paiement|date limite de paiement le|a payer avant le|a regler avant le"
            "|payable avant le|a payer avant|payable le|a regler le|date de reglement|date echeance|echeance le"
            "|a regler au plus tard le|payable au plus tard le|prelevement a partir du|date limite de reglement"
            "|prelevement automatique le|preleve le|prelevement prevu le|prelevement effectue le"
            "|echeance de paiement|au plus tard le|reglement avant le|sera preleve le"
        ),
        "delivery_date": (
            "date de livraison|date de prestation|date de la prestation|livre le|date de fin de prestation"
            "|date de debut de prestation|date de la livraison|periode de facturation|date d execution"
        ),
        "purchase_order": (
            "no bon de commande|numero de commande|bon de commande|no de commande|no commande|votre commande|commande no"
            "|reference commande|ref commande|votre reference|bon de commande no|numero de bon de commande"
            "|votre commande no"
        ),
        "preceding_invoice": (
            "no de facture associee|facture liee|facture d origine|facture associee|facture initiale|facture rectifiee"
            "|facture concernee|avoir sur facture|avoir sur facture no|sur facture no"
        ),
        "payment_terms": (
            "conditions de paiement|condition de paiement|modalites de paiement|conditions de reglement"
            "|modalites de reglement|delai de paiement|condition de reglement"
        ),
        "seller": "vendeur|fournisseur|emetteur|prestataire|emetteur de la facture|emis par|expediteur",
        "buyer": (
            "client|acheteur|adresse du client|adresse de facturation|facture a|destinataire|facturer a|adresse facturation"
            "|nom du client|nom de l abonne|vos identifiants|preneur|adresse client"
        ),
        "other_party": (
            "adresse de livraison|livraison|adresse de l installation|representant fiscal|livre a|lieu de livraison"
            "|livraison adresse references|contact commercial|adresse livraison"
        ),
        "payee": "beneficiaire|titulaire du compte|titulaire",
        "currency": "devise|monnaie|devise de facturation",
        "line_total": "sous total|sous total ht|sous total hors taxes",
        "net_total": (
            "total ht|montant ht|total hors taxes|total hors taxe|montant hors taxe|total net ht|montant total ht"
            "|total general ht|net ht|montant net ht|total h t|montant hors taxes|base ht|total eur ht|montant eur ht"
            "|prix total ht"
        ),
        "allowance_total": "total remise|total remises|remise totale|montant remise|total des remises|remise globale",
        "charge_total": (
            "frais de port|frais de livraison|port|total frais|frais d expedition|frais de transport|total des charges"
        ),
        "tax_total": (
            "total tva|montant tva|total taxes|total taxe|tva totale|montant de la tva|total t v a|total de la tva"
            "|montant total tva|total des taxes|montant des taxes"
        ),
        "grand_total": (
            "total ttc|montant ttc|total toutes taxes comprises|montant total ttc|total facture|total general"
            "|total general ttc|net ttc|montant total|montant de la facture|montant toutes taxes comprises|total t t c"
            "|total facture ttc|total eur ttc|montant eur ttc|prix total ttc|montant facture|total de la facture"
        ),
        "prepaid": (
            "acompte|acomptes|deja paye|deja regle|acompte verse|montant paye|acompte recu|avance|total paye"
            "|acompte deja verse|montant regle|deduction acompte|moins acompte"
        ),
        "rounding": "arrondi|arrondis",
        "due_payable": (
            "net a payer|solde a payer|somme a payer|montant du|reste a payer|a payer|montant a payer|solde|solde du"
            "|net a regler|total a payer|montant du prelevement|reste du|net a payer ttc|montant net a payer|somme due"
            "|total du|solde a regler|montant restant du"
        ),
        "other_amount": "remise|charge|base tva|capital|assiette",
    },
    "es": {
        "invoice_number": (
            "numero de factura|no de factura|factura no|factura num|num factura|n factura|no factura|numero factura"
            "|factura numero|num de factura|factura #|factura n|numero de la factura|numero de abono|abono no"
            "|factura rectificativa no|nro factura|nro de factura|factura nro|numero de documento|num fra|fra no"
        ),
        "issue_date": (
            "fecha de factura|fecha factura|fecha de emision|fecha de expedicion|fecha emision|fecha de la factura"
            "|fecha expedicion|fecha de facturacion|emitida el|fecha fra|fecha emision factura"
            "|fecha de emision de factura|fecha de emision de la factura"
        ),
        "due_date": (
            "fecha de vencimiento|fecha de cargo|fecha cargo|vencimiento|fecha vencimiento|vence el|fecha limite de pago"
            "|pagadero antes del|fecha de pago|pagar antes del|fecha limite|a pagar antes del|vto|vencimientos|fecha vto"
        ),
        "delivery_date": (
            "fecha de entrega|fecha entrega|fecha de operacion|fecha de prestacion|fecha del servicio|fecha de servicio"
            "|fecha operacion|periodo de facturacion"
        ),
        "purchase_order": (
            "orden de compra|numero de pedido|no de pedido|pedido no|su pedido|num pedido|pedido|numero pedido|no pedido"
            "|su pedido no|orden de compra no|referencia de pedido|n pedido"
        ),
        "preceding_invoice": (
            "factura rectificada|factura original|factura que rectifica|rectifica a la factura|sobre factura"
            "|factura de referencia"
        ),
        "payment_terms": "condiciones de pago|terminos de pago|condicion de pago|forma y condiciones de pago|plazo de pago",
        "seller": "vendedor|proveedor|emisor|de parte de|datos del emisor|expedidor|emitida por|prestador",
        "buyer": (
            "cliente|comprador|facturar a|datos del cliente|direccion de facturacion|destinatario|facturado a|receptor"
            "|datos de facturacion"
        ),
        "other_party": "direccion de entrega|enviar a|direccion de envio|lugar de entrega|entregar a",
        "payee": "beneficiario|titular de la cuenta|titular",
        "currency": "moneda|divisa",
        "line_total": "subtotal|suma|importe bruto|total bruto|suma de importes",
        "net_total": (
            "base imponible|total neto|importe neto|total sin iva|total antes de impuestos|total base imponible"
            "|base imponible total|importe sin iva|neto"
        ),
        "allowance_total": "total descuentos|descuento total|total descuento|dto total",
        "charge_total": "gastos de envio|portes|gastos de transporte|total recargos|envio",
        "tax_total": "total iva|cuota iva|importe iva|total impuestos|cuota de iva|total cuota|importe del iva",
        "grand_total": (
            "total factura|importe total|total con iva|total a facturar|total general|total iva incluido|total euros"
            "|total eur|importe total factura|importe factura|total importe|total documento|total factura eur"
        ),
        "prepaid": (
            "anticipo|pagado|entregado a cuenta|a cuenta|pagos recibidos|anticipos|pago recibido|importe pagado|ya pagado"
            "|entrega a cuenta"
        ),
        "rounding": "redondeo",
        "due_payable": (
            "total a pagar|importe a pagar|pendiente de pago|saldo|saldo pendiente|liquido a pagar|a pagar"
            "|importe pendiente|pendiente|resto a pagar|importe adeudado|neto a pagar"
        ),
    },
    "it": {
        "invoice_number": (
            "numero fattura|fattura n|fattura no|fattura numero|n fattura|numero documento|fattura nr|nr fattura|no fattura"
            "|numero della fattura"
        ),
        "issue_date": "data fattura|data documento|data emissione|data di emissione|data della fattura",
        "due_date": "scadenza|data scadenza|data di scadenza|scadenza pagamento|pagare entro|entro il|da pagare entro il",
        "delivery_date": "data consegna|data di consegna",
        "purchase_order": "ordine n|numero ordine|ordine di acquisto|vostro ordine|rif ordine|vs ordine|ordine nr",
        "preceding_invoice": "fattura di riferimento|fattura originale|fattura collegata",
        "payment_terms": "condizioni di pagamento|termini di pagamento|modalita di pagamento|pagamento",
        "seller": "fornitore|cedente|venditore|cedente prestatore|mittente|emittente",
        "buyer": "cliente|destinatario|spett le|spettabile|cessionario|cessionario committente|intestatario|fatturare a",
        "other_party": "luogo di consegna|indirizzo di consegna|destinazione|destinazione merce",
        "currency": "valuta|divisa",
        "line_total": "subtotale|totale merce",
        "net_total": "imponibile|totale imponibile|totale netto|totale senza iva|importo netto",
        "allowance_total": "totale sconti|sconto totale",
        "charge_total": "spese di spedizione|spese di trasporto|trasporto",
        "tax_total": "totale iva|importo iva|totale imposta|totale imposte",
        "grand_total": (
            "totale fattura|totale documento|importo totale|totale complessivo|totale iva inclusa|totale generale"
            "|totale con iva|totale euro"
        ),
        "prepaid": "acconto|acconti|gia pagato|pagato",
        "rounding": "arrotondamento",
        "due_payable": (
            "totale da pagare|netto a pagare|da pagare|importo da pagare|saldo|totale dovuto|importo dovuto|saldo da pagare"
        ),
    },
    "nl": {
        "invoice_number": (
            "factuurnummer|factuur nummer|factuurnr|factuur nr|factuur no|creditnotanummer|creditfactuurnummer|nota nummer"
            "|documentnummer"
        ),
        "issue_date": "factuurdatum|factuur datum|datum factuur|datum van uitgifte|notadatum|creditnotadatum",
        "due_date": (
            "vervaldatum|verval datum|uiterste betaaldatum|betalen voor|te betalen voor|betaaldatum|uiterlijk"
            "|te voldoen voor|vervaldag|uiterlijk betalen op|incassodatum|wordt rond|wordt op|wordt omstreeks"
        ),
        "delivery_date": "leverdatum|leveringsdatum|datum levering",
        "purchase_order": (
            "bestelnummer|inkoopordernummer|uw ordernummer|ordernummer|uw bestelnummer|uw order|inkooporder|po nummer"
        ),
        "preceding_invoice": "oorspronkelijke factuur|betreft factuur|originele factuur|creditering van factuur",
        "payment_terms": (
            "betalingsvoorwaarden|betalingscondities|betaalvoorwaarden|betaalconditie|betalingstermijn|betalingsconditie"
            "|betaaltermijn"
        ),
        "seller": "leverancier|verkoper|afzender",
        "buyer": "factuuradres|koper|klantgegevens|factuur aan|aan|gefactureerd aan|afnemer",
        "other_party": "afleveradres|bezorgadres|leveringsadres|leveradres",
        "payee": "ten name van|begunstigde",
        "currency": "valuta|munt",
        "line_total": "subtotaal|subtotaal excl btw",
        "net_total": (
            "totaal excl btw|totaal exclusief btw|exclusief btw|netto totaal|totaal netto|bedrag excl btw|totaal ex btw"
            "|nettobedrag|totaalbedrag excl btw|maatstaf van heffing"
        ),
        "allowance_total": "totale korting|korting totaal",
        "charge_total": "verzendkosten|vrachtkosten|bezorgkosten|transportkosten",
        "tax_total": "btw bedrag|totaal btw|btw totaal|totaal btw bedrag|bedrag btw",
        "grand_total": (
            "totaal incl btw|totaal inclusief btw|totaalbedrag|factuur totaal|factuurbedrag|totaal factuur|eindtotaal"
            "|totaal bedrag|totaal eur|factuurtotaal|totaalbedrag incl btw|inclusief btw|bedrag incl btw|totaal te voldoen"
        ),
        "prepaid": "reeds betaald|aanbetaling|voldaan|al betaald|vooruitbetaald|betaald",
        "rounding": "afronding|afrondingsverschil",
        "due_payable": (
            "te betalen|nog te betalen|te betalen bedrag|openstaand bedrag|restant|te voldoen|totaal te betalen|openstaand saldo"
        ),
        "other_amount": "prijs incl btw|prijs per stuk",
    },
    "pt": {
        "invoice_number": (
            "numero da fatura|fatura no|factura no|no da fatura|fatura n|numero da factura|no fatura|fatura numero|nota fiscal no"
        ),
        "issue_date": "data da fatura|data de emissao|data fatura|data da factura|data emissao|emitida em",
        "due_date": "data de vencimento|vencimento|pagar ate|data limite de pagamento|vence em|data vencimento",
        "delivery_date": "data de entrega|data da prestacao",
        "purchase_order": "numero da encomenda|encomenda no|ordem de compra|pedido de compra|nota de encomenda|sua encomenda",
        "preceding_invoice": "fatura original|fatura de referencia|fatura retificada",
        "payment_terms": "condicoes de pagamento|condicao de pagamento|prazo de pagamento|termos de pagamento",
        "seller": "fornecedor|vendedor|emitente",
        "buyer": "cliente|comprador|faturar a|exmo s sr s|exmos senhores|adquirente",
        "other_party": "endereco de entrega|local de entrega|morada de entrega|local de descarga",
        "currency": "moeda|divisa",
        "line_total": "subtotal|total iliquido",
        "net_total": "total liquido|valor liquido|total sem iva|base tributavel|base de incidencia|incidencia",
        "allowance_total": "total descontos|desconto total",
        "charge_total": "portes de envio|portes|custos de envio",
        "tax_total": "total iva|valor do iva|valor iva|total imposto|total impostos",
        "grand_total": (
            "total da fatura|valor total|total com iva|total geral|total documento|total eur|montante total"
            "|total do documento|total a faturar"
        ),
        "prepaid": "adiantamento|pago|ja pago|valor pago",
        "rounding": "arredondamento",
        "due_payable": "total a pagar|valor a pagar|a pagar|saldo|saldo em divida|montante a pagar|valor em divida",
    },
}
"""Wordings that mean the role wherever they stand."""

WEAK: dict[Language, Wordings] = {
    "en": {
        "invoice_number": (
            "invoice|number|no|#|tax invoice|bill|document|our reference|transaction id|reference no|reference number"
            "|ref no|statement number"
        ),
        "issue_date": "date|invoice dated",
        "due_date": "payable on|expires|collection on|will be collected on",
        "line_total": "net|total goods|amount",
        "tax_total": "vat|tax|gst|hst|pst|taxes|plus vat|igst|cgst|sgst|utgst",
        "grand_total": "total|gross",
        "allowance_total": "discount|credits",
        "purchase_order": "your reference|your ref|order number|order no|order #|customer reference|customer ref|reference",
        "buyer": "to|attn|attention",
        "seller": "pay to",
        "payment_terms": "terms",
        "charge_total": "delivery|handling",
    },
    "de": {
        "invoice_number": "nummer|nr|rechnung|faktura|vorgangsnummer|dokument",
        "issue_date": "datum",
        "due_date": "nicht vor dem|fruhestens am|bis|bis zum|bis spatestens|spatestens bis|spatestens bis zum",
        "line_total": "summe|gesamtwert",
        "net_total": "rechnungssumme ohne ust|rechnungssumme netto|summe ohne umsatzsteuer|gesamtbetrag ohne ust",
        "tax_total": "steuer|mwst in|davon mwst|enthaltene mwst|enthalt mwst|umsatzsteuer|mehrwertsteuer|mwst|ust",
        "grand_total": "total|summe eur|betrag|brutto|gesamtbeitrag",
        "allowance_total": "rabatt|nachlass|abschlag|skonto sofort",
        "charge_total": "zuschlag|zu abschlag",
        "purchase_order": "auftragsnummer|auftrag nr|auftrag|ihr zeichen|ihre referenz|auftragsnr|ihre nachricht",
        "buyer": "herrn|frau|firma|an",
        "payment_terms": "skontovereinbarung",
    },
    "fr": {
        "invoice_number": "facture|numero|avoir|no|piece",
        "issue_date": "date",
        "due_date": "prelevement le",
        "line_total": "net|montant net|total net",
        "tax_total": "t v a|taxe|taxes|dont tva|tva",
        "grand_total": "total|ttc|montant|total eur",
        "allowance_total": "remise|rabais",
        "charge_total": "transport",
        "purchase_order": "reference client|ref client|commande",
        "buyer": "a l attention de|pour",
    },
    "es": {
        "invoice_number": "factura|numero|abono|no",
        "issue_date": "fecha",
        "tax_total": "impuesto|iva|impuestos|igic|i v a|cuota",
        "grand_total": "total|importe|bruto",
        "allowance_total": "descuento",
        "purchase_order": "su referencia|referencia|ref cliente",
    },
    "it": {
        "invoice_number": "fattura|numero|nr",
        "issue_date": "data",
        "grand_total": "totale",
        "allowance_total": "sconto",
        "purchase_order": "ordine|vostro riferimento|vs rif",
        "tax_total": "iva|imposta",
    },
    "nl": {
        "invoice_number": "factuur|nummer|nota|creditnota",
        "issue_date": "datum",
        "grand_total": "totaal|bedrag",
        "allowance_total": "korting",
        "purchase_order": "order|uw referentie|referentie|uw kenmerk|order nr",
        "buyer": "klant|t a v",
        "tax_total": "btw",
    },
    "pt": {
        "invoice_number": "fatura|factura|numero",
        "issue_date": "data",
        "grand_total": "total|valor",
        "allowance_total": "desconto",
        "purchase_order": "encomenda|sua referencia",
        "tax_total": "iva|imposto",
    },
}
"""Wordings that mean the role only if nothing clearer is there."""

FAINT: Wordings = {
    "invoice_number": (
        "booking id|booking number|booking no|booking reference|reservation number|confirmation number|order id"
        "|ticket number|buchungsnummer|vorgangsnummer|numero de reservation|numero de reserva|boekingsnummer"
        "|transaction number"
    ),
    "grand_total": "montant du prelevement|price|preis|prix|prezzo|precio",
}
"""What stands for the field on documents that call it otherwise."""

NEUTRAL: Wordings = {
    "title_invoice": (
        "invoice|tax invoice|commercial invoice|rechnung|faktura|facture|factura|fattura|factuur|fatura|bill"
        "|proforma invoice|pro forma invoice|sales invoice|rechnungs korrektur|rechnungskorrektur|factura simplificada"
        "|facture proforma|nota"
    ),
    "title_credit_note": (
        "credit note|credit memo|credit invoice|gutschrift|avoir|facture d avoir|nota de credito|abono"
        "|factura rectificativa|factura de abono|nota di credito|creditnota|creditfactuur|credit nota|note de credit"
        "|stornorechnung"
    ),
    "title_receipt": (
        "receipt|payment receipt|quittung|kassenbon|kassenbeleg|recu|ticket de caisse|recibo|ricevuta|bon|kassabon"
        "|cash bill|sales receipt|kaufbeleg|scontrino"
    ),
    "vat_id": (
        "vat id|vat no|vat number|vat reg no|vat registration number|vat registration no|vat|vat reg|tax id"
        "|tax registration number|vat id no|ust idnr|ust id nr|ust id|ustid|ustidnr|umsatzsteuer id"
        "|umsatzsteuer identifikationsnummer|umsatzsteueridentifikationsnummer|mwst nr|uid|uid nr|uid nummer|no tva|tva"
        "|no de tva|numero de tva|numero tva|tva intracommunautaire|no tva intracommunautaire|no de tva intra communautaire"
        "|no de tva intracommunautaire|tva intra|id tva|nif|cif|nif cif|cif nif|nif iva|p iva|partita iva|piva|btw|btw nr"
        "|btw nummer|btw id|btw no|nipc|contribuinte|gstin|gst no|gst reg no|abn|gst number|ein|num tva|gst registration no"
        "|n i f|c i f|gst id|vat nr|tva no"
    ),
    "tax_number": (
        "steuernummer|steuer nr|steuernr|st nr|stnr|tax number|tax no|steuer nummer|codice fiscale|siret|siren|siren siret"
        "|siret siren|kvk|kvk nummer|company number|company registration number|hrb|hrb nr|handelsregisternummer"
        "|registration number|gln|cin|rcs|ape|chamber of commerce|registernummer|company reg no|ico|dic"
    ),
    "name": (
        "name|nom|nombre|nome|naam|firma name|company name|raison sociale|razon social|ragione sociale"
        "|nombre o razon social|company"
    ),
    "address": "anschrift|address|adresse|direccion|indirizzo|adres|morada|domicilio|street|strasse",
    "contact": (
        "ansprechpartner|contact|kontakt|contacto|contatto|contactpersoon|sachbearbeiter|bearbeiter|telefon|phone|tel|fax"
        "|e mail|email|mail|telefono|telephone|mobile|mobil|abteilung|website|web|www|internet|bei ruckfragen|sales contact"
        "|sales person|salesperson|your contact|ihr ansprechpartner|telefax|fon|courriel"
    ),
    "payee": "account holder|account name|beneficiary|payable to|pay to",
    "other_party": (
        "ship to|shipping address|deliver to|delivery address|delivered to|shipped to|place of delivery|tax representative"
        "|hotel details|remittance address|site address|job address|service address|consignee|delivery to"
    ),
    "discount_terms": (
        "skonto|escompte|early payment discount|cash discount|descuento por pronto pago|sconto cassa|betalingskorting|mit skonto"
    ),
    "other_number": (
        "customer number|customer no|customer id|client number|account number|account no|account|customer account"
        "|order confirmation|delivery note|delivery note number|delivery note no|contract number|contract no|project number"
        "|project|cost center|kundennummer|kunden nr|kundennr|kunden nummer|ihre nummer|lieferschein nr|lieferschein"
        "|lieferscheinnummer|lieferavis|vertrags nr|vertragsnummer|kostenstelle|projektnummer|projekt|art nr|artikelnummer"
        "|artikel nr|lief nr|lieferantennummer|lieferanten nr|globale nummer|auftrag nr lief|reklamationsnummer"
        "|weitere referenz|leitwege id|zahlpunkt|vsnr|versicherungsnummer|no de client|no client|numero de client"
        "|numero client|id client|no bon de vente|no bon de livraison|no bon de reception|no contrat|ref comptable"
        "|ref projet|ref appel d offres|reference|numero de ligne|code client|ref marche|agreement ref|customer vat number"
        "|numero de cliente|no cliente|cod cliente|codigo cliente|albaran|num cliente|klantnummer|klant nr|klantnr"
        "|debiteurnummer|serienummer|serial number|item number|wee reg nr|oko kontr nr|kunden id|numero cliente"
        "|codice cliente|codigo de cliente|no de cliente|kundenkonto|reference avis de paiement|payment reference"
        "|mandate reference|mandatsreferenz|glaubiger id|creditor id|booking ref|registration no|terminal id"
        "|tracking number|sales order|sales order no|sales order number|quote number|angebot nr|angebotsnummer|angebot"
        "|devis no|devis|offer number|phone number|page|seite|pagina|vertrag|vertrag nr|job number|job no|employee"
        "|sales order #|auftragsbestatigung|ust id kunde|uw btw nummer|table no|tischnummer|cashier|kasse|till|filiale"
        "|store|ihre kundennummer|ihre kunden nr|your customer number|customer code|client id|client no|debitorennummer"
        "|debitoren nr|debitor nr|payment id|bank account|kontonummer|konto nr|blz|bic|swift|iban|sort code|routing number"
        "|ifsc code|gtin|ean|po box|p o box|vat reg customer|unsere gln|ihre gln"
    ),
    "other_date": (
        "order date|date ordered|bestelldatum|bestell datum|auftragsdatum|auftrag datum|auftrag datum lief|vertrags datum"
        "|lieferschein datum|date de commande|date commande|fecha de pedido|fecha pedido|orderdatum|besteldatum|data ordine"
        "|date de facture associee|statement date|date de debut|date de fin|print date|druckdatum|reklamationsdatum"
        "|check in|check out|date of birth|geburtsdatum|period|billing period|zeitraum|periode|periodo|periode de"
        "|abrechnungsperiode|order date time|payment received on|paid on|bezahlt am|paye le|mandate date|angebotsdatum"
        "|quote date|contract date|expiry date|valid until|gultig bis|start date|end date|arrival|departure|anreise|abreise"
        "|from date|vertragsdatum|vertragsbeginn|for the billing period|gemass ihrer bestellung vom|bestellung vom"
        "|auftrag vom|lieferung vom|gemass"
    ),
    "end_of_section": (
        "bemerkungen|bemerkung|positionsdaten|remarks|notes|qualifizierung der textart|umsatzsteueraufschlusselung"
        "|belegsummen|zahlungsart|steueraufschlusselung|zu und abschlage|vos references|nos references"
        "|references sur la facture|description|bank details|bankverbindung|coordonnees bancaires|payment details"
        "|payment information|rechnungsbegleitende unterlagen|nos coordonnees|observaciones"
    ),
    "other_amount": (
        "unit price|price per unit|einzelpreis|prix unitaire|precio unitario|taxable amount|tax base|base amount|vat rate"
        "|tax rate|bemessungsgrundlage|grundlage|umsatzsteuer satz|ust satz|mwst satz|steuersatz|taux tva|tipo iva"
        "|grondslag|total quantity|total qty|gesamtmenge|gesamtgewicht|total weight|credit limit|change|cash|wechselgeld"
        "|ruckgeld|gegeben|ubertrag|carried forward|brought forward|report|previous balance|late fee|quantity|menge"
        "|total savings|total hours|total items|total pages|minimum payment|exchange rate|umrechnungskurs|tax included"
        "|you saved"
    ),
}
"""Wordings of all languages that tell a title, or how to read what is near them."""

STOP_WORDS: dict[Language, str] = {
    "en": "the of and to for your this with is on are by please you from our be",
    "de": "der die das und bitte wir sie ist mit auf den dem ihre nach zum von bis vom zur ein eine",
    "fr": "le la les des du et vous nous est pour avec sur de votre nos dans une aux",
    "es": "el la los las del y para con por en su una que por favor este",
    "it": "il lo gli della del per con di una che nel alla dei",
    "nl": "de het een van en voor met op uw is aan wij bij of niet onze",
    "pt": "o os as da do dos para com em uma por nao pela ao sua",
}
"""Words that tell a language."""

ITEM_HEADINGS = (
    "description beschreibung menge quantity qty quantite qte cantidad quantita quantidade aantal hoeveelheid artikel"
    " article item bezeichnung einzelpreis preis price prix precio prezzo prijs produkt product pos position rate"
    " nettopreis omschrijving designation descripcion descrizione artikelbezeichnung unit leistung libelle concepto"
    " articulo code sku stk anzahl hours stunden"
)
"""Words that head the columns of line items."""

TERMS_PAGES = (
    "general terms and conditions|terms and conditions|allgemeine geschaftsbedingungen|allgemeine geschaeftsbedingungen|agb"
    "|conditions generales de vente|conditions generales|condiciones generales|condizioni generali|algemene voorwaarden"
    "|condicoes gerais|terms of service|allgemeine verkaufsbedingungen|conditions of sale|widerrufsbelehrung"
)
"""Titles of pages that hold rules, not the invoice."""

LEGAL_FORMS = (
    "gmbh & co. kg|gmbh & co kg|gmbh|mbh|ag & co. kg|ag|kg|ohg|gbr|ug|e.k.|e.v.|eg|kgaa|a.g.|se|ltd|ltd.|limited|llp|llc"
    "|l.l.c.|inc|inc.|incorporated|plc|corp|corp.|corporation|company|co.|pty ltd|pvt ltd|pvt. ltd.|private limited|sdn bhd"
    "|sdn. bhd.|bhd|sarl|s.a.r.l.|sas|s.a.s.|sasu|eurl|sa|s.a.|sci|snc|s.l.|sl|s.l.u.|slu|s.a.u.|s.n.c.|s.r.l.|spa|s.p.a.|sapa"
    "|b.v.|bv|n.v.|nv|v.o.f.|vof|lda|lda.|ltda|s.c.|sprl|srl|ab|aps|a/s|as|oy|oyj|s.r.o.|sp. z o.o.|sp.zo.o.|kft|kft."
    "|d.o.o.|société anonyme|gesellschaft mbh|stiftung|verein|partg|mbb|cv|c.v.|s. de r.l."
)
"""Legal forms of companies as written after their names."""
