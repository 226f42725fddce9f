"""The size of a document's pages is told without reading them, as people see them."""

import io

import pytest
from PIL import Image

from resources.document_ai import pictures
from resources.document_ai.interface import Limits
from resources.document_ai.probe import probe


def test_a_photograph_that_holds_smaller_copies_of_itself_is_one_page(tmp_path):
    path = tmp_path / "photo.jpg"
    photo, copy = Image.new("L", (400, 300), 255), Image.new("L", (40, 30), 255)
    photo.save(path, "MPO", save_all=True, append_images=[copy])
    assert probe(str(path), 5).sizes == ((400, 300),)


@pytest.mark.parametrize("form", ["JPEG", "TIFF", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_sizes_are_those_of_the_pictures_that_are_shown(tmp_path, form, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    stream = io.BytesIO()
    Image.new("L", (200, 100), 255).save(stream, form, exif=exif)
    path = tmp_path / "photo"
    path.write_bytes(stream.getvalue())
    assert probe(str(path), 5).sizes == tuple(page.size for page in pictures.pages(stream.getvalue(), Limits()))
