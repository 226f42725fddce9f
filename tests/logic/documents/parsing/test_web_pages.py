"""HTML is read as a reader of the page sees it."""

from pathlib import Path

import pytest

from tests.document_files import headings, parsed, section


def page(body: str, head: str = "") -> str:
    return f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"


def test_headings_are_sections_and_what_nobody_sees_is_left_out(tmp_path: Path) -> None:
    body = (
        "<nav>Home</nav><h1>Policy</h1><p>First &amp; last &eacute;<p>second<script>var x = '<p>no</p>'</script>"
        "<style>p {}</style><h2>Scope</h2><div>All <b>staff</b><br>and guests</div><p hidden>secret</p>"
        "<div style='display: none'>trap</div><!-- remark --><h3></h3><noscript>turn it on</noscript>"
    )
    document = parsed(tmp_path, "a.html", page(body))
    assert document.text == "Policy\n\nFirst & last é\n\nsecond\n\nScope\n\nAll staff\nand guests"
    assert headings(document) == [("Policy",), ("Policy", "Scope")]
    assert section(document, "Policy", "Scope") == "Scope\n\nAll staff\nand guests"


def test_the_head_says_what_the_page_is(tmp_path: Path) -> None:
    head = (
        "<title>Terms &amp;\n conditions</title><meta name=Keywords content='law, vendors'><meta name=department content=Legal>"
        "<meta property='article:published_time' content='2024-03-05T10:00:00Z'><meta name=author content=Someone>"
    )
    said = parsed(tmp_path, "a.html", page("<p>text", head)).metadata
    assert (said.title, said.department, str(said.created_date), said.tags) == (
        "Terms & conditions",
        "Legal",
        "2024-03-05",
        ("law", "vendors"),
    )


def test_lists_tables_and_code_keep_their_lines(tmp_path: Path) -> None:
    body = (
        "<p>x<ul><li>one<li>two<ul><li>inner</ul></ul>"
        "<table><tr><th>Role<th>Days</tr><tr><td>Admin</td><td>90</td></tr></table><pre>if a:\n    b</pre>"
    )
    assert parsed(tmp_path, "a.html", page(body)).text == "x\n\n- one\n- two\n- inner\n\nRole | Days\nAdmin | 90\n\nif a:\n    b"


def test_a_page_in_a_declared_encoding_is_read_in_it(tmp_path: Path) -> None:
    text = page("<p>Договор аренды", "<meta http-equiv=Content-Type content='text/html; charset=koi8-r'>")
    assert parsed(tmp_path, "a.html", text.encode("koi8-r")).text == "Договор аренды"


def test_a_hundred_thousand_nested_elements_lose_no_words(tmp_path: Path) -> None:
    body = "<div>" * 100_000 + "deep words" + "</div>" * 100_000 + "<p>after" + "</b>" * 100_000
    assert parsed(tmp_path, "a.html", page(body)).text == "deep words\n\nafter"


@pytest.mark.parametrize(
    "fragment",
    ["<![x]>", "<![", "<![CDATA[x]]>", "<!", "<?php x ?>", "</>", "<!-->", "&#x110000;", "&#xD800;", "<% x %>", "<p a='"],
)
def test_malformed_markup_does_not_hinder_reading(tmp_path: Path, fragment: str) -> None:
    assert "before" in parsed(tmp_path, "a.html", f"<p>before{fragment} <p>after").text


def test_a_page_is_recognised_whatever_its_name(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.txt", "<?xml version='1.0'?>\n<!-- made by hand -->\n" + page("<p>words"))
    assert (document.format, document.text) == ("html", "words")
    assert document.notes == ("its name says text, but it is html",)


def test_a_text_with_the_name_of_a_page_is_a_text(tmp_path: Path) -> None:
    document = parsed(tmp_path, "a.html", "if a < b then c")
    assert (document.format, document.text) == ("text", "if a < b then c")
