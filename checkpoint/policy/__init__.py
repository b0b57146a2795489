"""Rules as dated data: CertLogic, rule packs, and the decision about one traveller."""

from checkpoint.policy.decision import decide
from checkpoint.policy.dry_run import Change, PastDecision, dry_run
from checkpoint.policy.pack_file import load_pack, shipped_packs
from checkpoint.policy.rule_pack import Rule, RulePack
from checkpoint.policy.shelf import PackShelf
from checkpoint.policy.signing import open_signed, sign_pack

__all__ = [
    "Change",
    "PackShelf",
    "PastDecision",
    "Rule",
    "RulePack",
    "decide",
    "dry_run",
    "load_pack",
    "open_signed",
    "shipped_packs",
    "sign_pack",
]
