"""ARNs of layer versions."""

import pytest

from resources.lambda_layers import LayerArn


def test_an_arn_has_parts_and_is_written_as_it_was_read() -> None:
    text = "arn:aws:lambda:eu-central-1:123456789012:layer:pandas:17"
    arn = LayerArn.parsed(text)
    assert (arn.account, arn.region, arn.name, arn.version) == ("123456789012", "eu-central-1", "pandas", 17)
    assert str(arn) == text
    assert arn.layer == "arn:aws:lambda:eu-central-1:123456789012:layer:pandas"


@pytest.mark.parametrize(
    "text", ["", "pandas:17", "arn:aws:lambda:eu-central-1:123456789012:layer:pandas", "arn:aws:s3:::bucket"]
)
def test_what_is_no_version_of_a_layer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the ARN of a layer version"):
        LayerArn.parsed(text)
