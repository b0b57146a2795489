"""The values that certificates may carry, by the EU value sets: what they mean, and which are known at all."""

from checkpoint.credential import TestKind, TestResult

COVID_19 = frozenset({"840539006", "RA01", "RA01.0"})
"""SNOMED CT of the EU certificates, ICD-11 of ICAO's seals."""

TEST_KINDS = {"LP6464-4": TestKind.NAAT, "LP217198-3": TestKind.ANTIGEN}
TEST_RESULTS = {"260415000": TestResult.NEGATIVE, "260373001": TestResult.POSITIVE}

COUNTRIES = frozenset(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC
    CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD
    GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH
    KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW
    MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC
    SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
    UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW EU UN EL XX
    """.split()  # noqa: SIM905  a list literal of 255 quoted codes is no easier to read
)
"""ISO 3166-1, and what certificates use beside it: EU, UN, EL for Greece, XI, XK, and XX for the stateless."""
