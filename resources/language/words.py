"""Common words of the languages that are understood on this machine, and which of the languages a text is in."""

import re
from collections.abc import Mapping

WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
"""A word; one with an apostrophe or a hyphen is one word."""


def listed(words: str) -> frozenset[str]:
    """A set of words, written as a text."""
    return frozenset(words.split())


STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": listed(
        "a about above after again all also am an and any are as at be because been before being below between both but by "
        "can could did do does doing down during each few for from further had has have having he her here hers him his how i "
        "if in into is it its itself just may me might more most must my no nor not now of off on once only or other our ours "
        "out over own per please same shall she should so some such than that the their theirs them then there these they "
        "this those through to too under until up upon us very via was we were what when where which while who whom why will "
        "with within without would you your yours"
    ),
    "de": listed(
        "ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bis bitte da dabei damit "
        "dann das dass dem den der des die dies diese diesem diesen dieser dieses doch dort durch ein eine einem einen einer "
        "eines er es etwa für gegen hat hatte haben hier ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im in ins ist ja je "
        "jede jeder jedes kann kein keine keinem keinen können man mehr mein meine mit nach nicht noch nun nur ob oder ohne "
        "per pro schon sehr sein seine seit sich sie sind so sollte sowie über um und uns unser unsere unserem unseren "
        "unserer unter vom von vor war waren was wegen wenn wer werden wie wir wird wurde wurden zu zum zur zwischen"
    ),
    "fr": listed(
        "a à afin ai alors après au aucun aussi autre autres aux avant avec avez avons ce cela celle celui ces cet cette ceux "
        "chez comme d dans de depuis des donc dont du elle elles en encore entre est et été être eu il ils j je jusqu l la le "
        "les leur leurs lors lui ma mais même mes mon n ne ni nos notre nous on ont ou où par pas peu peut plus pour qu quand "
        "que quel quelle qui s sa sans se selon ses si son sont sous sur ta te tes toute toutes tous tout très tu un une vers "
        "veuillez via vos votre vous y étaient était"
    ),
    "es": listed(
        "a al algo ante antes aquí así aunque cada como con contra cual cuando de del desde donde durante e el ella ellos en "
        "entre era eran es esa ese eso esta está están este esto estos estas fue fueron ha han hasta hay la las le les lo los "
        "más me mi mientras mis muy ni no nos nuestra nuestro nuestros o os otra otro para pero poco por porque pues que "
        "quien se sea según ser si sí siempre sin sobre son su sus también tan te tiene todo todos toda todas tras tu un una "
        "unas uno unos usted ustedes y ya"
    ),
}
LANGUAGES = tuple(STOP_WORDS)
_APOSTROPHE = re.compile(r"[’']")


def words_of(text: str) -> list[str]:
    """The words in lower case, those that an apostrophe joins apart (`l'équipe` is `l` and `équipe`)."""
    return [part for word in WORD.findall(text) for part in _APOSTROPHE.split(word.lower()) if part]


def languages_of(text: str, known: str | None = None) -> tuple[str, ...]:
    """The language that is known, else those of whose common words a text has most; all if it has none of any."""
    if known in LANGUAGES:
        return (str(known),)
    words = words_of(text)
    counts = {language: sum(word in common for word in words) for language, common in STOP_WORDS.items()}
    most = max(counts.values())
    return tuple(language for language in LANGUAGES if counts[language] == most)
