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

_STATES = dict(
    pair.split("=")
    for pair in """
    ABW=AW AFG=AF AGO=AO AIA=AI ALA=AX ALB=AL AND=AD ARE=AE ARG=AR ARM=AM ASM=AS ATA=AQ ATF=TF ATG=AG AUS=AU AUT=AT
    AZE=AZ BDI=BI BEL=BE BEN=BJ BES=BQ BFA=BF BGD=BD BGR=BG BHR=BH BHS=BS BIH=BA BLM=BL BLR=BY BLZ=BZ BMU=BM BOL=BO
    BRA=BR BRB=BB BRN=BN BTN=BT BVT=BV BWA=BW CAF=CF CAN=CA CCK=CC CHE=CH CHL=CL CHN=CN CIV=CI CMR=CM COD=CD COG=CG
    COK=CK COL=CO COM=KM CPV=CV CRI=CR CUB=CU CUW=CW CXR=CX CYM=KY CYP=CY CZE=CZ D=DE DEU=DE DJI=DJ DMA=DM
    DNK=DK DOM=DO DZA=DZ ECU=EC EGY=EG ERI=ER ESH=EH ESP=ES EST=EE ETH=ET EUE=EU FIN=FI FJI=FJ FLK=FK FRA=FR FRO=FO
    FSM=FM GAB=GA GBR=GB GEO=GE GGY=GG GHA=GH GIB=GI GIN=GN GLP=GP GMB=GM GNB=GW GNQ=GQ GRC=GR GRD=GD GRL=GL GTM=GT
    GUF=GF GUM=GU GUY=GY HKG=HK HMD=HM HND=HN HRV=HR HTI=HT HUN=HU IDN=ID IMN=IM IND=IN IOT=IO IRL=IE IRN=IR IRQ=IQ
    ISL=IS ISR=IL ITA=IT JAM=JM JEY=JE JOR=JO JPN=JP KAZ=KZ KEN=KE KGZ=KG KHM=KH KIR=KI KNA=KN KOR=KR KWT=KW LAO=LA
    LBN=LB LBR=LR LBY=LY LCA=LC LIE=LI LKA=LK LSO=LS LTU=LT LUX=LU LVA=LV MAC=MO MAF=MF MAR=MA MCO=MC MDA=MD MDG=MG
    MDV=MV MEX=MX MHL=MH MKD=MK MLI=ML MLT=MT MMR=MM MNE=ME MNG=MN MNP=MP MOZ=MZ MRT=MR MSR=MS MTQ=MQ MUS=MU MWI=MW
    MYS=MY MYT=YT NAM=NA NCL=NC NER=NE NFK=NF NGA=NG NIC=NI NIU=NU NLD=NL NOR=NO NPL=NP NRU=NR NZL=NZ OMN=OM PAK=PK
    PAN=PA PCN=PN PER=PE PHL=PH PLW=PW PNG=PG POL=PL PRI=PR PRK=KP PRT=PT PRY=PY PSE=PS PYF=PF QAT=QA REU=RE RKS=XK
    ROU=RO RUS=RU RWA=RW SAU=SA SDN=SD SEN=SN SGP=SG SGS=GS SHN=SH SJM=SJ SLB=SB SLE=SL SLV=SV SMR=SM SOM=SO SPM=PM
    SRB=RS SSD=SS STP=ST SUR=SR SVK=SK SVN=SI SWE=SE SWZ=SZ SXM=SX SYC=SC SYR=SY TCA=TC TCD=TD TGO=TG THA=TH TJK=TJ
    TKL=TK TKM=TM TLS=TL TON=TO TTO=TT TUN=TN TUR=TR TUV=TV TWN=TW TZA=TZ UGA=UG UKR=UA UMI=UM UNO=UN URY=UY USA=US
    UZB=UZ VAT=VA VCT=VC VEN=VE VGB=VG VIR=VI VNM=VN VUT=VU WLF=WF WSM=WS XKX=XK YEM=YE ZAF=ZA ZMB=ZM ZWE=ZW
    """.split()  # noqa: SIM905  likewise
)
"""ISO 3166-1 in three letters and in two, and what travel documents use beside it (ICAO Doc 9303-3, section 5)."""

_SIGNED_FOR_BY = {"HK": "CN", "MO": "CN", "GG": "GB", "IM": "GB", "JE": "GB"}
"""Whose authority signs for a place that has a code and no authority of its own."""

_OTHER_SPELLINGS = {"EL": "GR", "UK": "GB"}


def may_sign_for(signer: str, state: str) -> bool:
    """Return whether a signer of one state signs in another's name: in its own, and where it cannot be told.

    Codes are of two letters or three; those of no state, such as the specimens' `UTO`, are nobody's name.

    >>> may_sign_for("AU", "AUS"), may_sign_for("AU", "JPN"), may_sign_for("FR", "UTO"), may_sign_for("", "AUS")
    (True, False, True, True)
    """
    mine, theirs = _two_letters(signer), _two_letters(state)
    return not mine or not theirs or mine == theirs or mine == _SIGNED_FOR_BY.get(theirs)


def is_state(code: str) -> bool:
    """Return whether a code, of two letters or three, is that of a state or of what issues documents like one."""
    return bool(_two_letters(code))


def _two_letters(code: str) -> str:
    """Return a state's code in two letters, empty for what is none."""
    code = code.strip().rstrip("<").upper()
    code = _OTHER_SPELLINGS.get(code, _STATES.get(code, code))
    return code if code in COUNTRIES else ""
