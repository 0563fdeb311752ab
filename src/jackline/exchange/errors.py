"""What the venue says when it says no: its numeric codes with its own texts.

Source: the error pages of Binance USDⓈ-M. Clients are meant to branch on the number, so the numbers are the
contract; the texts are kept because people search for them.
"""

from typing import Final

_TEXTS: Final[dict[int, str]] = {
    -1000: "An unknown error occurred while processing the request.",
    -1001: "Internal error; unable to process your request. Please try again.",
    -1003: "Too many requests; current limit is {limit} requests per minute.",
    -1006: "An unexpected response was received from the message bus. Execution status unknown.",
    -1007: "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
    -1008: "Server is currently overloaded with other requests. Please try again in a few minutes.",
    -1015: "Too many new orders; current limit is {limit} orders per {window}.",
    -1016: "This service is no longer available.",
    -1021: "Timestamp for this request is outside of the recvWindow.",
    -1022: "Signature for this request is not valid.",
    -1100: "Illegal characters found in parameter '{name}'.",
    -1102: "Mandatory parameter '{name}' was not sent, was empty/null, or malformed.",
    -1104: "Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'.",
    -1106: "Parameter '{name}' sent when not required.",
    -1111: "Precision is over the maximum defined for this asset.",
    -1115: "Invalid timeInForce.",
    -1116: "Invalid orderType.",
    -1117: "Invalid side.",
    -1120: "Invalid interval.",
    -1121: "Invalid symbol.",
    -1125: "This listenKey does not exist.",
    -1130: "Data sent for parameter '{name}' is not valid.",
    -2007: "Invalid callBack rate.",
    -2010: "NEW_ORDER_REJECTED",
    -2011: "Unknown order sent.",
    -2013: "Order does not exist.",
    -2014: "API-key format invalid.",
    -2015: "Invalid API-key, IP, or permissions for action.",
    -2019: "Margin is insufficient.",
    -2021: "Order would immediately trigger.",
    -2022: "ReduceOnly Order is rejected.",
    -2023: "User in liquidation mode now.",
    -2027: "Exceeded the maximum allowable position at current leverage.",
    -2028: "Leverage is smaller than permitted: insufficient margin balance.",
    -4003: "Quantity less than or equal to zero.",
    -4004: "Quantity less than min quantity.",
    -4005: "Quantity greater than max quantity.",
    -4006: "Stop price less than or equal to zero.",
    -4014: "Price not increased by tick size.",
    -4016: "Limit price can't be higher than {price}.",
    -4024: "Limit price can't be lower than {price}.",
    -4028: "Leverage {leverage} is not valid.",
    -4045: "Reach max stop order limit.",
    -4046: "No need to change margin type.",
    -4047: "Margin type cannot be changed if there exists open orders.",
    -4048: "Margin type cannot be changed if there exists position.",
    -4049: "Add margin only support for isolated position.",
    -4050: "Cross balance insufficient.",
    -4051: "Isolated balance insufficient.",
    -4059: "No need to change position side.",
    -4061: "Order's position side does not match user's setting.",
    -4067: "Position side cannot be changed if there exists open orders.",
    -4068: "Position side cannot be changed if there exists position.",
    -4082: "Invalid number of batch place orders.",
    -4116: "ClientOrderId is duplicated.",
    -4118: "ReduceOnly Order Failed. Please check your existing position and open orders.",
    -4120: "Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.",
    -4130: "An open stop or take profit order with GTE and closePosition in the direction is existing.",
    -4131: "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
    -4136: "Target strategy invalid for orderType '{type}', closePosition 'true'.",
    -4137: "Quantity must be zero with closePosition equals true.",
    -4138: "Reduce only must be true.",
    -4140: "Invalid symbol status for opening position.",
    -4141: "Symbol is closed.",
    -4142: "REJECT: take-profit or stop order will be triggered immediately.",
    -4161: "Leverage reduction is not supported in Isolated Margin Mode with open positions.",
    -4164: "Order's notional must be no smaller than {notional} (unless you choose reduce only).",
    -4509: "Time in Force (TIF) GTE can only be used with open positions or open orders."
    " Please ensure that positions are available.",
    -5021: "Due to the order could not be filled immediately, the FOK order has been rejected."
    " The order will not be recorded in the order history.",
    -5022: "Due to the order could not be executed as maker, the Post Only order will be rejected."
    " The order will not be recorded in the order history.",
    -5025: "Only limit order is supported.",
    -5027: "No need to modify the order.",
    -5028: "Timestamp for this request is outside of the ME recvWindow.",
    -20124: "Invalid algo id or the algo order is completed.",
    -20132: "The client algo id is duplicated.",
}
_HTTP: Final[dict[int, int]] = {
    -1000: 500,
    -1001: 503,
    -1003: 429,
    -1006: 500,
    -1007: 408,
    -1008: 503,
    -1015: 429,
    -1016: 503,
    -1125: 401,
    -2014: 401,
    -2015: 401,
}


def spoken(code: int, **facts: object) -> tuple[int, str]:
    """(HTTP status, text) of a number; `facts` fill the placeholders. KeyError for one that nobody says here, or for a
    placeholder without a fact."""
    return _HTTP.get(code, 400), _TEXTS[code].format(**facts)


class VenueError(Exception):
    """A refusal of the venue. `code` is its number, `http` the status it travels under."""

    def __init__(
        self,
        code: int,
        *,
        http: int | None = None,
        text: str | None = None,
        retry_after_s: int | None = None,
        **facts: object,
    ) -> None:
        """`facts` fill the placeholders of the venue's text; `http` and `text` stand where one number is said in
        several ways. An unknown code is a programming error (KeyError)."""
        self.code = code
        usual_http, usual_text = (_HTTP.get(code, 400), text) if text is not None else spoken(code, **facts)
        self.text = usual_text
        self.http = usual_http if http is None else http
        self.retry_after_s = retry_after_s
        super().__init__(f"{code} {self.text}")
