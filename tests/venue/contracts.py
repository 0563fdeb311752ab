"""Forty contracts with filters typical of linear perpetuals: fine and coarse ticks, small and large steps.

Ticks run from 1 to 1e-8, steps from 1 to 0.001, least notionals from 5 to 100. The figures are of no particular day:
what matters is that every mixture of them that occurs is here, among them ticks that are coarse against the price.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Filters as a venue publishes them, and a price at which it might trade. Steps are least quantities too."""

    name: str
    tick: Decimal
    step: Decimal
    notional_min: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    price: Decimal


def _contract(row: str) -> Contract:
    name, tick, step, notional, most, market, price = row.split()
    return Contract(
        name=f"{name}USDT",
        tick=Decimal(tick),
        step=Decimal(step),
        notional_min=Decimal(notional),
        quantity_max=Decimal(most),
        market_quantity_max=Decimal(market),
        price=Decimal(price),
    )


_TABLE = """
BTC         0.1         0.001  100  1000        120        64250.5
BTCDOM      0.1         0.001  5    5000        1000       2310.4
ETH         0.01        0.001  20   10000       2000       3120.37
BCH         0.01        0.001  20   10000       850        462.11
LTC         0.01        0.001  20   10000       5000       83.42
XMR         0.01        0.001  5    10000       1000       161.33
DASH        0.01        0.001  5    10000       800        31.05
ZEC         0.01        0.001  5    10000       1500       38.71
PAXG        0.01        0.001  5    1000        300        2411.86
MKR         0.10        0.001  5    2000        60         2544.3
YFI         1           0.001  5    500         7          6213
DEFI        0.1         0.001  5    1000        60         884.7
BNB         0.010       0.01   5    100000      2000       598.31
SOL         0.0100      0.01   5    1000000     80000      151.23
ETC         0.001       0.01   20   1000000     20000      21.446
LINK        0.001       0.01   20   1000000     20000      14.212
ATOM        0.001       0.01   5    1000000     20000      8.127
NEO         0.001       0.01   5    1000000     10000      12.335
AVAX        0.0010      1      5    1000000     15000      28.114
DOT         0.001       0.1    5    1000000     50000      6.442
QTUM        0.001       0.1    5    1000000     30000      2.871
XTZ         0.001       0.1    5    1000000     30000      0.912
SUSHI       0.0010      1      5    1000000     30000      0.733
XRP         0.0001      0.1    5    10000000    2000000    0.6123
ONT         0.0001      0.1    5    1000000     200000     0.2417
IOTA        0.0001      0.1    5    1000000     300000     0.1824
BAT         0.0001      0.1    5    1000000     200000     0.2031
ADA         0.00010     1      5    2000000     300000     0.4479
DOGE        0.00001     1      5    50000000    30000000   0.12412
TRX         0.00001     1      5    10000000    5000000    0.12177
XLM         0.00001     1      5    10000000    1000000    0.09844
LUNC1000    0.00001     1      5    10000000    2000000    0.08831
VET         0.000010    1      5    30000000    5000000    0.02713
SHIB1000    0.000001    1      5    50000000    4000000    0.017332
IOST        0.000001    1      5    100000000   6000000    0.006871
HOT         0.000001    1      5    100000000   20000000   0.001912
PEPE1000    0.0000001   1      5    100000000   20000000   0.0094321
SATS1000    0.0000001   1      5    1000000000  500000000  0.0002771
SPELL       0.0000001   1      5    1000000000  80000000   0.0006418
BTTC        0.00000001  1      5    9000000000  900000000  0.00000093
"""
CONTRACTS = tuple(_contract(row) for row in _TABLE.strip().splitlines())
