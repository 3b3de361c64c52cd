"""Plans for a child and birth control: "planning to become pregnant during the study", "intends to father a child",
"agree to use effective contraception during the study and for 3 months after the last dose".

Comes in: a stretch of small words around pregnancy or the name of birth control. Goes out: `OneOf` of yes or no; more
than one method is asked for beside it, as Opaque. For how long and with what examples is part of what is agreed to.
Refuses the bare name ("contraception") and a pregnancy that only may come.
"""

from __future__ import annotations

from accrual.basic import Span
from accrual.criteria.phrases.stream import Family, Read, Stream
from accrual.criteria.tree import All, OneOf, Opaque, Tree
from accrual.criteria.words import word_set

_PLANNING = word_set(
    "plan plans planning planned intend intends intending intention intentions intended desire desires "
    "desiring wish wishes wishing want wants wanting try trying tries attempting attempt attempts "
    "seeking seek hoping hope expecting expect expects contemplating considering aiming anticipating "
    "anticipate anticipates willing"
)
_BECOMING = word_set(
    "to become get be becoming getting being a an of on the for have having in any currently actively"
)
_OWN = frozenset(("pregnant", "pregnancy", "conceive", "conceiving", "conception"))
_FATHERING = frozenset(("father", "fathering", "impregnate"))
_CHILDREN = word_set("a child children their partner partners an offspring or and donate")
_USING = word_set(
    "use uses using practice practise practicing practising utilize utilise utilizing employ employing "
    "apply comply implement implementing adopt take taking adhere"
)
_REFUSING = word_set("not no unwilling refuse refuses refusing without unable unwillingness inability cannot")
_METHODS = word_set(
    "agree agrees agreed agreeing willing willingness to be is are able must should will commit and or "
    "consent a an the one any some of form forms method methods measure measures means type effective "
    "highly adequate acceptable medically approved accepted reliable appropriate safe medical "
    "established sufficient recognized recognised with who that have has during consistently correctly "
    "continue do does currently at in proper suitable strict locally regularly practicing agreement "
    "practices strictly proven efficient clinically ready commits consents ensure contraceptive birth "
    "control contraception"
)
_NARROWER = word_set(
    "two 2 three double dual barrier hormonal additional non-hormonal intrauterine both least"
)
_AFTERWARDS = word_set(
    "method methods measure measures means form forms device devices technique techniques use during "
    "throughout while for from until till up to at least the a an entire whole full total course "
    "duration period periods time of participation participating in on receiving taking their his her "
    "study trial treatment therapy drug drugs medication medications product products intervention "
    "investigational dosing dose doses administration administered last final first end completion "
    "complete completing discontinuation discontinuing cessation stopping stop following after before "
    "prior preceding starting start starts beginning begin initiation screening signing informed "
    "consent form icf randomization enrollment enrolment entry baseline visit visits follow-up follow "
    "and thereafter minimum additional further subsequent phase as required defined specified described "
    "by per protocol recommended approved highly effective period receipt receiving infusion injection "
    "vaccination vaccine discharge post study-drug participation month months week weeks day days year "
    "years one two three four five six twelve between through continuing continue continued "
    "continuously consistently correctly active post-treatment being involved enrolled under will be "
    "has been is are months' weeks'"
)
EXAMPLES = word_set(
    "such as e g eg example examples including include includes but not limited to i ie oral injectable "
    "injected implantable implanted implant implants hormonal hormone intrauterine device devices "
    "system iud iuds ius condom condoms diaphragm diaphragms spermicide spermicides spermicidal foam "
    "gel jelly cream sponge cap cervical barrier double dual abstinence sexual total true complete "
    "vasectomy vasectomized vasectomised partner partners sterilization sterilisation surgical "
    "surgically sterile sterilized tubal ligation bilateral occlusion patch patches ring rings vaginal "
    "transdermal contraceptive contraceptives contraception birth control pill pills tablet tablets "
    "male female latex combined combination progestin progesterone estrogen only or and with of a an "
    "the method methods either plus depot copper shot shots established proper use used intravaginal "
    "inserted placement"
)
_SIGNS = frozenset(("comma", "slash", "open", "close", "dash", "colon"))
_COUNTED = frozenset(("number", "unit", "within", "time", "op"))
_BORDERS = frozenset(("or", "and", "comma", "slash", "close", "example", "include"))
_STOPPING = frozenset(("unless", "except", "excluded", "must"))
MAX_WORDS = 24


def read_reproduction(stream: Stream, at: int) -> Read | None:
    """Read one claim about plans for a child, or about birth control."""
    if stream.low_at(at).split()[:1] and _first(stream, at) in _PLANNING:
        planned = _plans(stream, at)
        if planned is not None:
            return planned
    if "contraception" not in stream.topics:
        return None
    for step in range(at, min(len(stream), at + MAX_WORDS)):
        variable = stream.lexemes[step].variable
        if variable is not None:
            if variable.id == "contraception":
                return _contraception(stream, at, step)
            if variable.id != "consent":
                return None
    return None


def _first(stream: Stream, at: int) -> str:
    return stream.low_at(at).partition(" ")[0]


def _plans(stream: Stream, at: int) -> Read | None:
    """ "Planning to become pregnant (during the study)"; with a man, to father a child."""
    step = at + 1
    own = fathers = False
    while step < len(stream) and step - at < 12:
        parts = stream.low_at(step).split()
        if any(part in _OWN for part in parts):
            own = True
        elif any(part in _FATHERING for part in parts):
            fathers = True
        elif own and not fathers and stream.kind_at(step) in ("or", "slash", "and"):
            if _first(stream, step + 1) not in _FATHERING | {"get", "become", "to"}:
                break
        elif fathers and all(part in _CHILDREN for part in parts):
            pass
        elif own or fathers or not all(part in _BECOMING | _PLANNING for part in parts):
            break
        step += 1
    if not (own or fathers):
        return None
    while step > at + 1 and stream.kind_at(step - 1) in ("or", "and"):
        step -= 1
    end = _end_of_tail(stream, step, _AFTERWARDS | {"next", "year", "participants", "plans", "any"})
    span = stream.span(at, end)
    if own and fathers:
        return None  # of whom each is said is not clear
    name = "plans-pregnancy" if own else "plans-to-father"
    return Read(end, "state", OneOf(variable=name, values=("yes",), span=span))


def _end_of_tail(stream: Stream, at: int, words: frozenset[str]) -> int:
    """Where the words about how long end; before a joining word in front of what is none of them."""
    step, safe = at, at
    depth = 0
    while step < len(stream):
        kind = stream.kind_at(step)
        depth += (kind == "open") - (kind == "close")
        if depth < 0 or kind in _STOPPING:
            break
        if kind in _COUNTED:
            if step == at and kind != "within":
                break
        elif kind not in ("or", "and", *_SIGNS) and not all(
            part in words for part in stream.low_at(step).replace("/", " ").split()
        ):
            break
        step += 1
        if depth == 0 and (step >= len(stream) or stream.kind_at(step) in _BORDERS):
            safe = step
    if step >= len(stream) or stream.kind_at(step) == "close":
        return step if depth == 0 else safe
    while safe > at and stream.kind_at(safe - 1) in ("or", "and", "comma", "slash", "open"):
        safe -= 1
    return safe


def _contraception(stream: Stream, at: int, named: int) -> Read | None:
    words = [part for step in range(at, named) for part in stream.low_at(step).split()]
    if not any(word in _USING for word in words):
        return None
    refused = any(word in _REFUSING for word in words)
    doubts: list[Span] = []
    for step in range(at, named):
        parts = set(stream.low_at(step).split())
        if stream.kind_at(step) in ("comma", "open", "close"):
            continue
        if parts & _NARROWER and not parts <= {"at", "least"}:
            doubts.append(stream.span(step, step + 1))
        elif not parts <= _METHODS | _USING | _REFUSING | _AFTERWARDS:
            return None
    if refused and doubts:
        return None
    end = named + 1
    while stream.low_at(end) in ("method", "methods", "measure", "measures"):
        end += 1
    core = stream.span(at, end)
    end = _end_of_tail(stream, end, _AFTERWARDS | EXAMPLES)
    span = stream.span(at, end)
    node: Tree = OneOf(variable="contraception", values=("no" if refused else "yes",), span=core | span)
    if doubts:
        node = All(
            children=(node, *(Opaque(text=stream.words(each), span=each) for each in doubts)), span=span
        )
    return Read(end, "consent", node)


REPRODUCTION = Family(
    "reproduction",
    frozenset(
        (
            "word",
            "shift",
            "drop",
            "variable",
            "not",
            "link",
            "prep",
            "history",
            "loose",
            "receive",
            "qualifier",
        )
    ),
    read_reproduction,
)
