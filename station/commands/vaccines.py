"""What vaccines are called whose certificates state a number: facts of two public code lists."""

NAMES = {
    # EU Digital COVID Certificate, value set vaccines-covid-19-names of 2022-11-30: the numbers of the EU's register.
    "EU/1/20/1507": "Spikevax",
    "EU/1/20/1525": "Jcovden",
    "EU/1/20/1528": "Comirnaty",
    "EU/1/21/1529": "Vaxzevria",
    "EU/1/21/1580": "VidPrevtyn Beta",
    "EU/1/21/1618": "Nuvaxovid",
    "EU/1/21/1624": "COVID-19 Vaccine Valneva",
    "EU/1/22/1709": "Bimervax",
    "MVC-COV1901": "MVC COVID-19 vaccine",
    # CVX, the codes of vaccines administered that SMART Health Cards state (US CDC).
    "207": "Moderna, 100 µg",
    "208": "Pfizer-BioNTech, 30 µg",
    "210": "AstraZeneca",
    "211": "Novavax",
    "212": "Janssen",
    "213": "COVID-19 vaccine, not specified",
    "217": "Pfizer-BioNTech, 30 µg",
    "218": "Pfizer-BioNTech, 10 µg",
    "219": "Pfizer-BioNTech, 3 µg",
    "221": "Moderna, 50 µg",
    "229": "Moderna, bivalent",
    "300": "Pfizer-BioNTech, bivalent, 30 µg",
    "502": "Covaxin",
    "510": "BBIBP-CorV",
    "511": "CoronaVac",
}


def product_name(code: str) -> str:
    """Return what a certificate's product is called, with the code it states.

    >>> product_name("EU/1/20/1528"), product_name("CoronaVac")
    ('Comirnaty (EU/1/20/1528)', 'CoronaVac')
    """
    if code in NAMES:
        return f"{NAMES[code]} ({code})"
    return code or "of no stated product"
