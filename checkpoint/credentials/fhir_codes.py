"""Which codes in a FHIR bundle are about COVID-19, and what they mean: LOINC, SNOMED CT, CVX, ATC, ICD-11, HL7."""

from checkpoint.credential import TestKind, TestResult

_COVID_CVX = frozenset(
    {"207", "208", "210", "211", "212", "213", "217", "218", "219", "221", "225", "226", "227", "228", "229", "230"}
    | {"300", "301", "302", "308", "309", "310", "311", "312", "313", "500", "501", "502", "503", "504", "505", "506"}
    | {"507", "508", "509", "510", "511", "512", "513", "514", "515", "516", "517", "518", "519", "520", "521"}
)
"""COVID-19 vaccines in the CDC's code system CVX."""

_CVX = ("cvx", "2.16.840.1.113883.12.292")

_COVID_ATC = ("J07BX03", "J07BN")
"""COVID-19 vaccines in the WHO's ATC, until 2023 and since."""

_COVID_SNOMED = frozenset(
    {
        # any, by antigen, by mRNA
        *("1119305005", "1119349007", "28531000087107"),
        # products, as Canada numbers them: Moderna, Pfizer, AstraZeneca, Janssen, Covishield, Novavax, Medicago,
        # BIBP, CoronaVac, Sputnik V, Convidecia, WIBP, Covaxin, CureVac, Pfizer for children
        *("28571000087109", "28581000087106", "28761000087108", "28951000087107", "28961000087105", "29171000087106"),
        *("30151000087105", "31301000087101", "31311000087104", "31341000087103", "31431000087100", "33201000087108"),
        *("33211000087105", "33221000087102", "33361000087101"),
    }
)
_SNOMED = ("snomed.info/sct", "2.16.840.1.113883.6.96")

_ICD11 = """
    XM68M6 XM1NL1 XM7HT3 XM8866 XM9TQ1 XM1G90 XM85P5 XM9FQ7 XM97N6 XM2YG8 XM3U61 XM5DF6 XM9QW8 XM4YL8 XM97T2 XM6QV1
    XM1AG7 XM5ZJ4 XM5QM6 XM0CX4 XM5JC5 XM3CT4 XM3PG0 XM4EC8 XM6SZ8 XM6AT1 XM52P3 XM0GQ8 XM8NQ0 XM3DT5 XM1AU2 XM1J92
    XM3SK8 XM9N08 XM9P21 XM9T65 XM0K39 XM0RV9
    """
_COVID_ICD11 = frozenset(_ICD11.split())
"""COVID-19 vaccines in the WHO's ICD-11: kinds and products, as its certificates of vaccination name them."""

# The virus's RNA as a whole, panels, and RNA of its closest kin, for which screening tests look.
_NAAT = """
    94500-6 94309-2 94531-1 94565-9 94759-8 94845-5 95406-5 95608-6 LP6464-4 94306-8 96120-1 94502-2 94647-5
    """

_ANTIGEN = "94558-4 95209-3 96119-3 97097-0 LP217198-3"

# One gene alone (N, E, S, RdRp, ORF1ab); the whole in blood, by sequencing, by culture.
_OTHER = """
    94533-7 94316-7 94307-6 94308-4 94756-4 94757-2 94760-6 94766-3 95409-9 95425-5 96986-7 96986-5 94315-9 94758-0
    94765-5 96763-8 94640-0 94641-8 94767-1 94534-5 94314-2 94559-2 94639-2 94660-8 94822-4 94763-0
    """

COVID_TESTS = {
    **dict.fromkeys(_NAAT.split(), TestKind.NAAT),
    **dict.fromkeys(_ANTIGEN.split(), TestKind.ANTIGEN),
    **dict.fromkeys(_OTHER.split(), TestKind.OTHER),
}
"""LOINC. A test for one gene alone proves nothing where it finds none, but what it finds is the virus all the same.
Antibodies, and how many cycles a test took, are no result here."""

RESULTS = {
    "260415000": TestResult.NEGATIVE,
    "260385009": TestResult.NEGATIVE,
    "LA6577-6": TestResult.NEGATIVE,
    "LA11883-8": TestResult.NEGATIVE,
    "260373001": TestResult.POSITIVE,
    "10828004": TestResult.POSITIVE,
    "52101004": TestResult.POSITIVE,  # present
    "260408008": TestResult.POSITIVE,  # weakly positive
    "720735008": TestResult.POSITIVE,  # presumptive positive
    "LA6576-8": TestResult.POSITIVE,
    "LA9633-4": TestResult.POSITIVE,
    "LA11882-0": TestResult.POSITIVE,
    "LA19422-7": TestResult.POSITIVE,
}
"""SNOMED CT and LOINC answers: negative or not detected, positive or detected."""

INTERPRETATIONS = {
    **dict.fromkeys(("NEG", "ND", "NR", "N"), TestResult.NEGATIVE),  # not detected, not reactive, normal
    **dict.fromkeys(("POS", "DET", "RR", "WR", "A", "AA"), TestResult.POSITIVE),  # weakly reactive, abnormal
}
"""HL7's ObservationInterpretation: what the laboratory itself says of its result."""

WORDS = {
    **dict.fromkeys(("negative", "not detected", "none detected", "undetected"), TestResult.NEGATIVE),
    **dict.fromkeys(("positive", "detected", "presumptive positive", "weakly positive"), TestResult.POSITIVE),
}
"""Results of laboratories that write them out. A word that is not among them is no result."""


def is_covid_vaccine(system: str, code: str) -> bool:
    """Return whether a code is that of a COVID-19 vaccine.

    Trade item numbers (GTIN) are read of no product: no list says which are of such a vaccine.

    >>> is_covid_vaccine("http://hl7.org/fhir/sid/cvx", "207"), is_covid_vaccine("http://hl7.org/fhir/sid/cvx", "140")
    (True, False)
    """
    return (
        (system.endswith(_CVX) and code in _COVID_CVX)
        or (system.endswith(_SNOMED) and code in _COVID_SNOMED)
        or ("id.who.int/icd" in system and code in _COVID_ICD11)
        or code.startswith(_COVID_ATC)
    )
