"""Kimmel's model to and from SBML, the exchange format of models in biology.

Comes in: a parameter set of the equations, or SBML level 3 as `to_sbml` writes it. Goes out: SBML with the typical
values, or a set of fixed values. Refuses: what is not SBML, other equations than Kimmel's in this form, a parameter
that is missing or out of its range. A spread between patients has no place in SBML: only typical values travel.
"""

from __future__ import annotations

from threading import Lock
from typing import Any, Final

from lxml import etree

from accrual.errors import SimulationError
from accrual.simulate.kimmel import KIMMEL, CellEquations
from accrual.simulate.notice import NOTICE
from accrual.simulate.parameters import Fixed, spreads

MODEL: Final = "kimmel"
_NAMES: Final = spreads(CellEquations)
_LIMIT_BYTES: Final = 2_000_000  # set by hand: a hundred times what is written here
_MATH: Final = "{http://www.w3.org/1998/Math/MathML}"
_XHTML: Final = "http://www.w3.org/1999/xhtml"

# Kimmel 2021, doi:10.1098/rspb.2021.0229. N, C in cells per uL; B in mL; time in days.
_EQUATIONS: Final = """
  r_C := car_rate_per_day + expansion_rate_per_day * (N + C - normal_capacity_cells_per_uL)^2 / (expansion_slope * (N + C)^2 + (N + C - normal_capacity_cells_per_uL)^2);
  N' = -normal_rate_per_day * N * ln((N + C) / normal_capacity_cells_per_uL);
  C' = -r_C * C * ln((N + C) / car_capacity_cells_per_uL);
  B' = tumour_rate_per_day * B - kill_rate_per_day * B * C / (half_kill_cells_per_uL + C);
  N = normal_start_cells_per_uL;
  C = car_start_cells_per_uL;
  B = tumour_start_mL;
"""  # noqa: E501 (one equation a line)

_ONE_AT_A_TIME = Lock()  # the library keeps the models that it read in one place for all threads


def to_sbml(parameters: CellEquations = KIMMEL) -> str:
    """Return SBML level 3 with the typical values of a set.

    Raises:
        SimulationError: the extra is not installed.

    Example:
        >>> to_sbml().count("<rateRule ")
        3
    """
    try:
        import antimony
    except ImportError as error:
        raise SimulationError(
            "writing SBML needs a library that is not installed: `pip install accrual[sbml]`"
        ) from error
    values = "".join(f"  {name} = {getattr(parameters, name).typical!r};\n" for name in _NAMES)
    library: Any = antimony
    with _ONE_AT_A_TIME:
        library.clearPreviousLoads()
        read = library.loadAntimonyString(f"model {MODEL}\n{_EQUATIONS}{values}end\n")
        if read < 0:
            raise SimulationError(f"the SBML library refuses the equations: {library.getLastError()}")
        written: str = library.getSBMLString(MODEL)
    return _with_notice(written)


def _with_notice(sbml: str) -> str:
    root = _parsed(sbml.encode())
    model = next(child for child in root if etree.QName(child).localname == "model")
    notes = etree.Element(etree.QName(etree.QName(root).namespace, "notes"))
    body = etree.SubElement(notes, etree.QName(_XHTML, "body"))
    etree.SubElement(body, etree.QName(_XHTML, "p")).text = NOTICE
    model.insert(0, notes)
    text: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8")
    return text.decode()


def from_sbml(text: str | bytes) -> CellEquations:
    """Return the parameters of Kimmel's equations out of SBML in the form that `to_sbml` writes.

    Raises:
        SimulationError: not SBML, other equations, a parameter that is missing or outside its range.

    Example:
        >>> from_sbml(to_sbml()).kill_rate_per_day.typical
        1.15
    """
    root = _parsed(text.encode() if isinstance(text, str) else text)
    if etree.QName(root).localname != "sbml":
        raise SimulationError(f"not SBML: the document begins with <{etree.QName(root).localname[:80]}>")
    if _rules(root) != _rules(_parsed(to_sbml().encode())):
        raise SimulationError(
            "the SBML has other equations than Kimmel's, or writes them in another form: export the model here, "
            "change its numbers, and read it again"
        )
    numbers: dict[str, float] = {}
    for parameter in root.iter("{*}parameter"):
        name, value = parameter.get("id", ""), parameter.get("value")
        if name in _NAMES and value is not None:
            try:
                numbers[name] = float(value)
            except ValueError as error:
                raise SimulationError(f"{name} is {value[:80]!r} in the SBML: give a number") from error
    missing = [name for name in _NAMES if name not in numbers]
    if missing:
        raise SimulationError(f"the SBML gives no value for {', '.join(missing)}")
    values: dict[str, Any] = {name: Fixed(number, "read from SBML") for name, number in numbers.items()}
    return CellEquations(
        name="SBML", stands_for="a parameter set read from SBML", confounded=KIMMEL.confounded, **values
    )


def _parsed(text: bytes) -> etree._Element:
    if len(text) > _LIMIT_BYTES:
        raise SimulationError(f"the SBML has {len(text):,} bytes: at most {_LIMIT_BYTES:,} are read")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_blank_text=True)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        raise SimulationError(f"not SBML: line {error.lineno}: {error.msg}") from error


def _rules(root: etree._Element) -> dict[str, str]:
    """What is computed from what, by the variable it gives: rate rules, assignments, starts."""
    rules: dict[str, str] = {}
    for kind, named in (
        ("rateRule", "variable"),
        ("assignmentRule", "variable"),
        ("initialAssignment", "symbol"),
    ):
        for rule in root.iter(f"{{*}}{kind}"):
            rules[f"{kind} {rule.get(named)}"] = _formula(rule)
    for kind in ("reaction", "event", "algebraicRule", "constraint", "functionDefinition"):
        rules |= {
            f"{kind} {number}": _formula(other) for number, other in enumerate(root.iter(f"{{*}}{kind}"))
        }
    return rules


def _formula(rule: etree._Element) -> str:
    """The mathematics of a rule as one line: elements in order, with their text."""
    parts = []
    for node in rule.iter(f"{_MATH}*"):
        parts.append(f"{etree.QName(node).localname}[{len(node)}]:{(node.text or '').strip()}")
    return " ".join(parts)
