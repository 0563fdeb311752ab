"""The tables of a configuration file, in its order, and what judges each."""

from __future__ import annotations

from pydantic import BaseModel

from jackline.cli.alerts_section import AlertsSection
from jackline.cli.exits_section import ExitsSection
from jackline.cli.guard_section import GuardedVenueSection, GuardSection
from jackline.cli.keys_section import KeysSection
from jackline.cli.phase_section import PhaseSection
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.regime_section import OpportunitySection, RegimeSection
from jackline.cli.risk_section import RiskSection
from jackline.cli.sections import AccountSection, StrategySection, VenueSection
from jackline.cli.store_section import StoreSection
from jackline.cli.universe_section import UniverseSection
from jackline.cli.web_section import WebSection
from jackline.cli.webhook_section import WebhookSection

SECTIONS: dict[str, type[BaseModel]] = {
    "account": AccountSection,
    "store": StoreSection,
    "venue": VenueSection,
    "keys": KeysSection,
    "universe": UniverseSection,
    "risk": RiskSection,
    "regime": RegimeSection,
    "opportunity": OpportunitySection,
    "exits": ExitsSection,
    "protection": ProtectionSection,
    "guard": GuardSection,
    "webhook": WebhookSection,
    "web": WebSection,
    "alerts": AlertsSection,
    "strategy": StrategySection,
    "phase": PhaseSection,
}
GUARDED: dict[str, type[BaseModel]] = {"venue": GuardedVenueSection}
"""In place of those where nothing is to be entered."""
