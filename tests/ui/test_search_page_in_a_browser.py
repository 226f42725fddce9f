"""The search page in headless Chromium over the real server: asked by keyboard, and nothing from documents runs."""

import pytest

from orchestration.http_guard import Limits
from resources.knowledge_base.interface import Filter
from resources.search_log import SearchLog
from tests.small_search import IMAGE, SCRIPT, SmallSearch
from tests.ui.browser import browser
from tests.uvicorns import serving

pytestmark = pytest.mark.ui

TITLES = "[...document.querySelectorAll('#results h2')].map(title => title.textContent)"
STATUS = "document.getElementById('status').textContent"
FOUND = f"{STATUS}.includes('found')"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return SearchLog(root=str(tmp_path_factory.mktemp("log")))


@pytest.fixture(scope="module")
def searches():
    return SmallSearch()


@pytest.fixture(scope="module")
def url(searches, log):
    with serving(searches, log, Limits(per_second=1000, burst=1000)) as client:
        yield str(client.base_url)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture
def page(opened, url):
    opened.complaints.clear()
    opened.open(f"{url}/")
    return opened


def ask(page, question="vendor termination risk"):
    page.fill("q", question)
    page.enter()
    page.until(FOUND)


def test_a_question_is_typed_and_answered_with_marked_passages(page):
    page.type("vendor termination risk")  # the field has the focus from the start
    page.enter()
    page.until(FOUND)

    assert page.value(STATUS) == "4 documents found, among 4 passages."
    assert page.value(TITLES)[0] == "1. Vendor contracts"
    first = "document.querySelector('#results li')"
    assert page.value(f"[...{first}.querySelectorAll('mark')].map(mark => mark.textContent)") == ["vendor", "termination", "risk"]
    assert page.value(f"{first}.querySelector('.passage').textContent").startswith("🚀 A vendor may be given notice")
    shown = page.value(f"{first}.innerText")
    for word in ("Ending › Notice", "Legal", "2025-05-01", "contract, vendor", "2 more passages", "policies/vendor contracts.md"):
        assert word in shown
    how = page.value("document.getElementById('how').innerText")
    assert "exact scan: there are few passages" in how
    assert "words@1#aaaaaaaaaaaa" in how
    assert "12 ms" in how
    assert page.complaints == []


def test_parts_of_the_score_are_unfolded_by_keyboard(page):
    ask(page)
    page.value("document.querySelector('#results summary').focus()")
    page.enter()
    page.until("document.querySelector('#results details').open")
    told = page.value("document.querySelector('#results dl').innerText")
    for word in ("Relevance", "1.000", "0.500 (place 1)", "date unknown", "no votes"):
        assert word in told


def test_what_documents_say_is_text_and_never_runs(page):
    ask(page, f"vendor {SCRIPT}")
    page.until(f"{TITLES}.length === 4")

    assert page.value("document.title") == "Search documents"
    assert page.value("document.querySelectorAll('main script, main img, #results a[href^=javascript]').length") == 0
    shown = page.value("document.querySelector('[data-document=hostile]').textContent")
    assert SCRIPT in shown
    assert shown.count(IMAGE) == 2
    assert "javascript:alert(1)" in page.value("document.querySelector('[data-document=hostile] code').textContent")
    assert page.complaints == []


def test_a_hostile_address_is_text_too(page, url):
    page.open(f"{url}/?q=%3Cscript%3Edocument.title%3D%27owned%27%3C%2Fscript%3E%20vendor&__proto__=x&elements=y")
    page.until(FOUND)
    assert page.value("document.title") == "Search documents"
    assert page.value("document.getElementById('q').value") == "<script>document.title='owned'</script> vendor"
    assert page.complaints == []


def test_only_addresses_of_the_web_are_links(page):
    ask(page)
    links = page.value("[...document.querySelectorAll('#results a')].map(link => [link.href, link.rel])")
    assert links == [["https://example.com/a?b=%3Cc%3E", "noopener noreferrer"]]


def test_filters_reach_the_search_and_stay_in_the_address(page, searches):
    for field, text in (("department", "Legal; HR"), ("tag", "contract"), ("language", "en"), ("k", "5"), ("recency", "0.5")):
        page.fill(field, text)
    page.value("document.getElementById('from').value = '2025-01-01'")
    ask(page)

    assert page.value(TITLES) == ["1. Vendor contracts"]
    _, where, k, weights, _ = searches.asked[-1]
    assert where.departments == {"Legal", "HR"}
    assert (where.tags, where.languages, str(where.created_from), where.created_to) == ({"contract"}, {"en"}, "2025-01-01", None)
    assert (k, weights.recency, weights.popularity) == (5, 0.5, 0)
    assert "department=Legal&department=HR" in page.value("location.search")

    page.value("history.back()")
    page.until("document.getElementById('q').value === ''")
    page.value("history.forward()")
    page.until(FOUND)
    assert page.value("document.getElementById('department').value") == "Legal; HR"
    assert searches.asked[-1][1] == where != Filter()


def test_a_vote_is_sent(page, log):
    before = log.read({})
    ask(page)
    page.value("document.querySelectorAll('[data-document=web] button')[1].focus()")
    page.press(" ", 32)
    page.until("document.querySelector('[data-document=web]').innerText.includes('Thank you')")

    read = log.read(before.position)
    (vote,) = read.votes
    assert (vote.document_id, vote.useful, vote.query_id) == ("web", False, read.searches[-1].query_id)
    pressed = "[...document.querySelectorAll('[data-document=web] button')].map(button => button.getAttribute('aria-pressed'))"
    assert page.value(pressed) == ["false", "true"]


def test_nothing_found_says_what_to_do(page):
    page.fill("q", "zebra")
    page.enter()
    page.until(f"{STATUS}.startsWith('Nothing found among 4 passages')")
    assert "restrict the search less" in page.value(STATUS)
    assert page.value(TITLES) == []


def test_a_refusal_is_told_with_advice_and_gone_with_the_next_answer(page):
    page.fill("q", "???")
    page.enter()
    told = page.until("document.getElementById('problem').hidden || document.getElementById('problem').innerText")
    assert page.until("!document.getElementById('problem').hidden")
    told = page.value("document.getElementById('problem').innerText")
    assert "The question has no words." in told
    assert "Ask with at least one word." in told
    ask(page)
    assert page.value("document.getElementById('problem').hidden")


def test_a_server_that_is_gone_is_told(opened, searches, log):
    with serving(searches, log) as client:
        opened.open(f"{client.base_url}/")
    opened.fill("q", "vendor")
    opened.enter()
    opened.until("document.getElementById('problem').innerText.includes('does not answer')")


def test_every_field_has_a_label_and_can_be_reached_by_tab(page):
    fields = "[...document.querySelectorAll('input, button')]"
    assert page.value(f"{fields}.filter(field => !(field.labels?.length || field.textContent)).length") == 0
    reached = []
    for _ in range(9):
        reached.append(page.value("document.activeElement.id || document.activeElement.type || document.activeElement.localName"))
        page.press("Tab", 9)
    assert reached[:5] == ["q", "submit", "summary", "department", "from"]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (360, "dark"), (1000, "dark")])
def test_the_page_fits_a_phone_and_is_readable_in_both_schemes(page, width, scheme):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500)
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        page.call("Page.reload")
        page.until("document.readyState === 'complete' && document.activeElement.id === 'q'")
        ask(page)
        assert page.value("document.documentElement.scrollWidth") <= width
        assert page.value("document.getElementById('more').open") == (width > 640)  # folded on a phone
        ink, ground = (page.value(f"getComputedStyle(document.body).{name}") for name in ("color", "backgroundColor"))
        assert (luminance(ink) < luminance(ground)) == (scheme == "light")
        marked = page.value("getComputedStyle(document.querySelector('mark')).backgroundColor")
        assert contrast(ink, ground) > 7
        assert contrast(ink, marked) > 4.5
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")
        page.call("Emulation.setEmulatedMedia", features=[])


def luminance(colour):
    """Relative luminance of `rgb(r, g, b)`, as WCAG 2 defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_the_description_opens_without_a_complaint(page, url):
    page.open(f"{url}/docs")
    assert "GET /search" in page.value("document.body.innerText")
    assert page.complaints == []
