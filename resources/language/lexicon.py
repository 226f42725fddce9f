"""Words of praise and blame, of negation and of contrast, in the languages that are understood on this machine.

Words stand in one form; the others are found by their stems.
"""

from collections.abc import Mapping

from resources.language.words import listed

GOOD: Mapping[str, frozenset[str]] = {
    "en": listed(
        "accurate admire amazing appreciate appreciated attentive awesome beautiful beautifully best better bravo bright "
        "brilliant calm capable careful caring charming cheerful cheers clean clear comfortable commend compliment "
        "compliments competent congratulations considerate convenient convinced cooperative correct correctly courteous "
        "dedicated delighted dependable durable early easy efficient effortless elegant enjoy enjoyed excellent exceptional "
        "exceeded fair fantastic fast favourite fine flawless flexible fortunately friendly generous genuine glad good "
        "gorgeous grateful great happy helped helpful honest ideal impressed impressive improved improvement incredible "
        "inexpensive kind kindly knowledgeable like loved love lovely loyal loyalty marvellous neat nice outstanding patient "
        "perfect perfectly pleasant pleased pleasure polite positive praise precise prompt promptly professional proud "
        "punctual quick quickly quiet recommend recommended reliable remarkable resolved responsive satisfied satisfying "
        "secure skilled skilful smart smooth smoothly solved sorted splendid spotless stunning sturdy success successful "
        "super superb support supportive swift terrific thank thankful thanks thorough tidy top trust trusted trustworthy "
        "useful valuable value valued welcome well wonderful worth worthwhile"
    ),
    "de": listed(
        "angenehm aufmerksam ausgezeichnet bedanken begeistert beeindruckend beeindruckt bequem bestens bester brauchbar "
        "bravo dank danke dankbar danken durchdacht effizient ehrlich einfach einwandfrei empfehlen empfehlenswert empfehlung "
        "engagiert entgegenkommend erfolg erfolgreich erfreut erfreulich erleichtert exzellent fabelhaft fachkundig fair "
        "fantastisch fehlerfrei flexibel flott freude freuen freundlich früher geduldig geeignet gefallen gefällt gelungen "
        "genau genial gern gerne geholfen geschätzt gewissenhaft glücklich glückwunsch großartig großzügig günstig gut gute "
        "guter gutes haltbar handlich herrlich hervorragend herzlich hilfreich hilfsbereit hochwertig höflich ideal "
        "individuell klasse klar kompetent komfortabel kulant leise lieb lob loben lobenswert makellos mühelos nett nützlich "
        "ordentlich passend perfekt prima problemlos professionell prompt pünktlich reibungslos robust sauber schnell "
        "schätzen schön sicher solide sorgfältig sorgsam spitze stabil stark stolz super sympathisch tadellos termingerecht "
        "toll top traumhaft treue überzeugend überzeugt übertroffen unkompliziert verbessert verlässlich vertrauen "
        "vertrauenswürdig vorbildlich vorzüglich wertvoll wohlgefühlt wohl wunderbar wunderschön zufrieden zufriedenheit "
        "zügig zuverlässig zuvorkommend"
    ),
    "fr": listed(
        "accueillant adorer adore admirable agréable aimable aimer aime appliqué apprécier apprécions apprécié attentif "
        "attentionné avantageux beau belle beauté bien bienveillant bon bonne bonheur bravo brillant calme chaleureux "
        "chaleureusement charmant clair compétent confiance confortable consciencieux content convaincu correct courtois "
        "disponible doux durable efficace élégant enchanté encourageant excellent exceptionnel exemplaire extraordinaire "
        "fabuleux facile fantastique félicitations féliciter ferme fiable fidèle fidélité flexible fluide formidable généreux "
        "génial gentil grand heureux honnête idéal impeccable impressionnant incroyable intéressant joli juste louable "
        "magnifique meilleur mérite merci merveilleux minutieux net parfait parfaitement patient plaisir plaît poli ponctuel "
        "pratique précieux précis professionnel promptement propre raisonnable rapide rapidement rassurant ravi recommandable "
        "recommander recommande reconnaissant réactif remarquable remercier remercions remerciements résolu respectueux "
        "réussi réussite robuste satisfait satisfaisant satisfaction sérieux serviable silencieux soigné soigneux solide "
        "souriant sublime succès super superbe sûr sympa sympathique top utile valable"
    ),
    "es": listed(
        "acertado acogedor adecuado admirable afortunadamente agradable agradecer agradecemos agradecido agradecimiento ágil "
        "alegre alegría amable amabilidad apreciar apreciamos asequible atento barato bello bien bonito bravo brillante buen "
        "buena bueno cariñoso claro cómodo competente confianza confiable contento convencido correcto cordial cortés cuidado "
        "cuidadoso dedicado destacable detallista diligente disfrutar eficaz eficiente ejemplar elegante encantado encanta "
        "encantador enhorabuena espectacular espléndido estupendo excelente excepcional éxito exitoso fabuloso fácil "
        "fantástico felicidades felicitar feliz fenomenal fiable fidelidad flexible fluido genial gracias grato guapo gusto "
        "gusta hermoso honesto honrado ideal impecable impresionante increíble inmejorable interesante justo leal limpio lujo "
        "magnífico maravilla maravilloso mejor mejorado meticuloso oportuno óptimo orgulloso perfecto perfectamente placer "
        "positivo práctico preciso precioso preparado profesional profesionalidad pronto provechoso puntual puntualidad "
        "rápido rápidamente rapidez razonable recomendable recomendar recomendamos recomiendo resistente resuelto respetuoso "
        "robusto satisfacción satisfactorio satisfecho seguro sencillo serio silencioso simpático sobresaliente solucionado "
        "sólido sonriente súper superado tranquilo útil valioso valorar valoramos ventajoso"
    ),
}
BAD: Mapping[str, frozenset[str]] = {
    "en": listed(
        "abandoned abysmal ache afraid alarming angry annoyed annoying appalling arrogant ashamed awful awkward bad badly "
        "bent blame blocked bogus boring bother breach break broke broken buggy cancel careless cheated chaos chaotic clumsy "
        "complain complained complaint confused confusing corroded cracked crash crooked damage damaged dangerous dead "
        "deceived defect defective deficient degraded delay delayed delays dented deplorable deteriorated difficult "
        "difficulty dirty disagree disappointed disappointing disappointment disaster disastrous disgraceful disgusting "
        "dishonest dispute disputed dissatisfied disturbing dreadful dull embarrassing error excessive excuse excuses "
        "expensive exorbitant fail failed failing failure fake false fault faulty filthy flawed forgot forgotten fraud "
        "frustrated frustrating greedy harmful hate hated hopeless horrible horrific ignorant ignored ill impolite impossible "
        "inaccurate inadequate incapable incompetent incomplete inconvenience inconvenient incorrect inferior insufficient "
        "insulting irresponsible irritating jammed junk lack lacking late lazy leak leaking leaks loose lost lousy "
        "malfunction mediocre mess messy miserable misleading mismatch missed missing mistake mistaken mouldy nasty neglected "
        "nightmare noisy nobody objection obsolete odd outdated outrageous overcharged overdue overpriced overrun peeling "
        "peels pathetic poor poorly problem problems refund refuse refused regret reject rejected rip rotten rough rude "
        "ruined rust rusty sad scam scandal scratch scratched seriously shabby shameful shocking short shortage sloppy slow "
        "slowly smashed smelly spoiled stained steep stopped stuck surcharge terrible threatening tired torn trouble "
        "unacceptable unanswered unauthorised unavailable uncomfortable undelivered unfair unfortunate unfortunately "
        "unfriendly unhappy unhelpful unjustified unpaid unpleasant unprofessional unreliable unresolved unsafe "
        "unsatisfactory unsuitable untidy unusable unwilling upset useless violated wait waiting warped waste wasted weak "
        "withhold worn worse worst worthless wrong wrongly"
    ),
    "de": listed(
        "ablehnen abgelehnt ärger ärgerlich arrogant ausfall ausgefallen bedauerlich bedauern beanstanden beanstandung "
        "beleidigend beschädigt beschädigung beschwerde beschweren betrug betrügen bruch chaos chaotisch defekt dreckig "
        "doppelt einbehalten einsturz ekelhaft enttäuscht enttäuschend enttäuschung erschreckend fahrlässig falsch faul "
        "fehlen fehlt fehlend fehler fehlerhaft frech frechheit frustrierend furchtbar gebrochen gefährlich gestört "
        "gescheitert gerissen grauenhaft grob hässlich hinhalten inakzeptabel inkompetent instabil kaputt katastrophal "
        "katastrophe klagen kompliziert kratzer laut lästig leck leider langsam langwierig lieblos lückenhaft mangel mängel "
        "mangelhaft mahnung mies minderwertig miserabel missachtet mühsam nachlässig negativ nervig niemand panne peinlich "
        "pfusch pleite problem problematisch reklamieren reklamation rostig ruiniert rücksichtslos schaden schäden schäbig "
        "schade scheitern schief schimmel schlampig schlecht schlechteste schlimm schmutzig schrecklich schrott schuld "
        "schwach schwierig skandal spät störend störung stinkt täuschung teuer tropft traurig überfällig überfordert überhöht "
        "überteuert umständlich unannehmbar unbefriedigend unbezahlt unbrauchbar undicht unehrlich unerhört unerfreulich "
        "unfähig unfair unfreundlich ungeeignet ungenau ungenügend ungepflegt ungerechtfertigt unhöflich unmöglich "
        "unordentlich unprofessionell unpünktlich unsauber unseriös unsicher untauglich unverschämt unverständlich "
        "unvollständig unzufrieden unzumutbar unzureichend unzuverlässig verärgert verbogen vergessen verloren vermisst "
        "versäumt verschlechtert verschlissen verschmutzt verspätet verspätung verzögerung verzögert vergeblich verweigern "
        "verweigert wackelig weigern wertlos widersprechen wütend zerbrochen zerkratzt zerrissen zerstört zweifelhaft"
    ),
    "fr": listed(
        "abandonné abîmé absent absurde abusif affreux agaçant agressif annulé anomalie arnaque arrogant attente avarié bâclé "
        "blâme bloqué bruyant cassé catastrophe catastrophique chaos cher chère compliqué contester contestons coûteux "
        "coupable crasseux dangereux décevant déception déçu défaillant défaillance défaut défectueux dégoûtant dégradé "
        "délabré déplorable dérangeant désagréable désastre désastreux désolant désordre détérioré difficile difficulté "
        "dommage dommages douteux échec échoué écaille endommagé énervant ennui ennuyeux erreur erroné exagéré excessif "
        "exorbitant fâcheux faible fatigant faute faux fissuré frauduleux fraude frustrant fuite furieux gâché gênant grave "
        "grossier honte honteux horrible hélas ignoré illisible impayé impoli impossible impuissant inacceptable inachevé "
        "inadapté inadmissible incapable incompétent incomplet incorrect indigne inefficace inexact inférieur injuste "
        "injustifié inquiétant insatisfait insuffisant insultant insupportable inutile inutilisable irrespectueux "
        "irresponsable irritant laid lamentable lent lente lenteur litige mal malheureusement malhonnête malpoli manque "
        "manquant manquer mauvais mauvaise mécontent médiocre mensonge menteur minable mouillé navrant négatif négligé "
        "négligence nul nulle obsolète oublié oubli panne pénible perdu perte pire plaindre plainte problème raté réclamation "
        "réclamer refus refuser refusons regret regrettable regretter relance retard retardé rouillé ruiné sale saleté "
        "scandale scandaleux souci surfacturé supplément taché tard tardif tordu triste tromper trompeur usé vain vétuste "
        "voleur"
    ),
    "es": listed(
        "abandonado abollado absurdo abusivo agresivo anomalía antipático arrogante asco asqueroso avería averiado bloqueado "
        "caos caótico caro catástrofe catastrófico chapuza complicado confuso culpa culpable dañado daño debil débil "
        "decepción decepcionado decepcionante defecto defectuoso deficiente demora demorado deplorable desagradable desastre "
        "desastroso descontento desconcha descuidado desgastado desgracia desgraciadamente desorden despegado deteriorado "
        "devolver difícil dificultad doble dudoso engaño engañar engañoso enfadado enojado equivocado equivocación error "
        "erróneo escándalo espantoso estafa estropeado exagerado excesivo fallar falla fallo falso falta faltar faltan fatal "
        "feo fraude frustrado frustrante fuga furioso grave grieta grosero harto horrible ignorado ilegible impagado "
        "imposible impuntual inaceptable inadecuado inadmisible incapaz incómodo incompetente incompleto inconveniente "
        "incorrecto indignado ineficaz ineficiente inexacto inferior injusto injustificado insatisfecho inseguro inservible "
        "insoportable insuficiente insulto inútil irresponsable irritante lamentable lamentablemente lamentar lento lentitud "
        "mal mala malo maleducado manchado mediocre mentira miserable mojado molestia molesto mohoso nadie nefasto negar "
        "negativo negligencia negligente nulo obsoleto olvidado olvido oxidado pena penoso peor perdido pérdida pesadilla "
        "pésimo preocupante problema queja quejar rayado rechazar rechazo recargo reclamación reclamar retraso retrasado robo "
        "roto rotura ruido ruidoso ruinoso ruptura sobreprecio sucio suciedad tarde tardío terrible tonto torcido tosco "
        "triste vergonzoso vergüenza viejo vencido"
    ),
}
NOT: Mapping[str, frozenset[str]] = {
    "en": listed(
        "not no never without nothing neither nor hardly cannot don doesn didn isn wasn aren won couldn wouldn haven hasn"
    ),
    "de": listed("nicht kein keine keinen keinem keiner ohne nie niemals nichts weder kaum"),
    "fr": listed("pas sans jamais aucun aucune ni rien guère"),
    "es": listed("no sin nunca jamás ningún ninguna ni nada tampoco"),
}
WORKS: Mapping[str, frozenset[str]] = {
    "en": listed(
        "accept agree answer answered appear arrive arrived call came deliver delivered explain function respond responded "
        "reply showed start told turned understand work"
    ),
    "de": listed(
        "akzeptieren antworten anspringen ankommen angekommen ausreichend behoben eingehalten einverstanden erreichbar "
        "erreicht erschienen funktionieren geliefert gemeldet gekommen halten informiert klappt laufen läuft passen repariert "
        "stimmen stimmt verstehen"
    ),
    "fr": listed(
        "accepter accord arrivé compris connu correspond fonctionner livré marcher marche prévenu prévenus réparé répondre "
        "répond respecté suffire tenu venir venu"
    ),
    "es": listed(
        "aceptar acordado avisar avisó contestar contestan corresponde cumplir cumplido entender entregado entregaron "
        "explicar funcionar funciona llegar llegó responder responden respetar reparar reparado vino venir pagaremos"
    ),
}
"""Words that say nothing by themselves and blame when they are negated."""
CONTRASTS = listed(
    "but however although though yet aber jedoch dagegen obwohl allerdings doch mais cependant pourtant toutefois pero aunque"
)
