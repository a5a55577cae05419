"""Named types that carry a unit into the JSON Schema: a field without one fails `tests/schemas/test_units.py`."""

from __future__ import annotations

from typing import Annotated

import msgspec


def _unit(unit: str, description: str) -> msgspec.Meta:
    return msgspec.Meta(description=description, extra_json_schema={"unit": unit})


TimestampNs = Annotated[int, _unit("ns since 1970-01-01 UTC", "A moment, in integer nanoseconds UTC.")]
DurationNs = Annotated[int, _unit("ns", "A length of time, in integer nanoseconds.")]
DurationS = Annotated[int, _unit("s", "A length of time.")]
DurationSeconds = Annotated[float, _unit("s", "A length of time, with its fractions.")]
Price = Annotated[float, _unit("quote per base", "A price in the instrument's quote currency.")]
Quantity = Annotated[float, _unit("instrument lots", "Base coin on linear and spot markets, contracts on inverse.")]
BaseQuantity = Annotated[float, _unit("base coin", "A quantity of the base asset.")]
Usd = Annotated[float, _unit("USD", "A notional value; quote stablecoins count as one dollar.")]
Rate = Annotated[float, _unit("fraction", "A dimensionless fraction: 0.01 is one percent.")]
Ratio = Annotated[float, _unit("ratio", "A dimensionless quotient of two like quantities.")]
Sequence = Annotated[int, _unit("venue sequence", "A number that the venue counts upwards.")]
Count = Annotated[int, _unit("count", "A number of things.")]
Votes = Annotated[int, _unit("votes", "A sum of votes for and against.")]
Identifier = Annotated[str, _unit("identifier", "A name with no unit.")]
Text = Annotated[str, _unit("text", "Words for a person.")]
Flag = Annotated[bool, _unit("boolean", "True or false.")]
Levels = Annotated[
    msgspec.Raw,
    msgspec.Meta(
        description="Book levels exactly as the venue wrote them.",
        extra_json_schema={
            "unit": '[["quote per base","instrument lots"],…]',
            "type": "array",
            "items": {"type": "array", "items": {"type": ["string", "number"]}, "minItems": 2},
        },
    ),
]
