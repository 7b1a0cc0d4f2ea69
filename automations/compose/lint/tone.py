"""How a mail sounds: vague about time, hedged, flattering, or in words its reader does not use."""

from __future__ import annotations

import re

from automations.compose.lint.mail import Level, Mail, marks_of
from automations.compose.lint.rule import Hit, Rule, in_sentences, phrases, says
from automations.model.mail_kinds import Audience, MailKind

_VAGUE_TIME = phrases(
    r"(?<!too\s)(?<!how\s)(?<!so\s)(?<!as\s)soon(?! (?:after|as|enough))", r"shortly(?! (?:before|after))", r"ASAP", r"a\.s\.a\.p\.?",
    r"as soon as (?:possible|we can|I can|practicable|feasible)", r"in (?:a|just a) (?:bit|little while|while|moment)",
    "in due course", r"any (?:minute|moment|time|day) now", "momentarily", "before long", "in the near future",
    r"(?:when|whenever|once) (?:I|we) (?:get|find) (?:a chance|the time|time|a moment)", r"at some point", "sometime",
    r"(?:in|within) (?:a few|a couple of|some) (?:minutes|hours|days|weeks)", r"one of these days", "hopefully",
    r"should be (?:fine|ok|okay|good|done|fixed|sorted)", r"(?:almost|nearly) (?:fixed|done|there|finished|solved|ready)",
    r"the (?:very )?last (?:bug|issue|problem)", r"sooner or later", "quickly",
)  # fmt: skip
_HEDGE = phrases(
    r"(?:I|I'm|I am|I'd|I was|I wanted|I would)? ?just (?:want(?:ed)? to|check(?:ing)?|wonder(?:ing|ed)?|thought|follow(?:ing)? up|reach(?:ing)? out|touch(?:ing)? base|trying|"
    r"asking|a (?:quick|small|little|thought|suggestion|heads)|to (?:check|say|let|ask|follow|see|make)|hop(?:ing|ed)|curious|need(?:ed)? to|let me|an? idea)",
    r"sorry to (?:bother|disturb|trouble|nag|ask|chase|interrupt|be a pain)", r"(?:hate|don't want|do not want) to (?:bother|ask|be a bother|impose)",
    r"I know (?:you're|you are|how) (?:very |so |really |super )?busy", r"when(?:ever)? you (?:get|have) (?:a|some) (?:chance|minute|moment|second|free time)",
    r"maybe (?:I|we|you|it|this|that|there|one)", r"perhaps (?:I|we|you|it|this|that|there)",
    r"I (?:think|guess|suppose|feel like|feel) (?:that )?(?:I|we|it|it's|this|that|you|maybe|perhaps|there|they|the|our)",
    r"(?:is|was|are|were|I|we|it's|feels|looks|seems|be|been|you) (?P<words>(?:kind|sort) of)", r"if (?:it's|it is|that's|that is) not too much (?:trouble|to ask)",
    r"if (?:that's|it's|that is|it is) (?:ok|okay|alright|all right)(?: with you)?", r"if you don't mind", r"does (?:that|this) make sense",
    r"I (?:could|may|might) be wrong(?:,| but)?", r"I'm no expert", r"no worries (?:at all )?if (?:not|you)", r"a (?:tiny|silly|dumb|stupid|quick little) (?:question|favou?r|idea|thought)",
    r"this is probably (?:nothing|silly|stupid|obvious)", r"I was (?:just )?wondering (?:if|whether)", "to be honest", r"for what it's worth",
)  # fmt: skip
_FLATTERY = phrases(
    r"(?:you're|you are|you've been|you have been) (?:the best|amazing|incredible|a rock ?star|brilliant|an inspiration|the greatest|a genius|such an? (?:great|amazing|inspiring|wonderful|incredible) \w+)",
    r"(?:best|greatest|finest|most inspiring) (?:boss|manager|leader|mentor)", r"(?:amazing|incredible|brilliant|inspiring|inspirational|visionary|outstanding|exceptional|phenomenal|wonderful|fantastic|superb) (?:leadership|vision|guidance|mentorship|boss|manager|leader|mentor|insight|wisdom)",
    r"your (?:\w+ )?(?:brilliance|genius|wisdom|greatness)", r"(?:I )?(?:love|loved|adore) your (?:leadership|vision|insight|style|energy|thinking|mind)",
    r"(?:an? |such an? |real |true )?(?:honou?r|privilege) to (?:work|be|serve|learn)", r"(?:I )?look up to you", r"in awe of", r"(?:big|huge|biggest) fan of (?:you|your|yours)",
    r"(?:I|we)(?:'ve| have)? (?:always |really |truly |so |greatly |deeply )?admire[ds]? (?:you|your|how)", r"(?:so |very |incredibly )?lucky to (?:have you|work (?:for|with|under) you)",
    r"as (?:brilliant|talented|busy and brilliant|wise|smart) as you", r"you always know (?:best|exactly)", r"only you (?:could|can)", r"your masterful \w+",
)  # fmt: skip
_BARE_OFFER = phrases(
    r"how (?:can|could|may|might|do) I (?:best |be of |most )?(?:help|support|assist|be useful|be of (?:help|use|service)|service|help you(?: out)?)(?: you)?",
    r"anything (?:else )?(?:that )?I (?:can|could) (?:do|help|take)(?: (?:for you|to help|with))?", r"let me know (?:if|how|where|what|when) I (?:can|could) (?:help|be of|do|support|assist)",
    r"what (?:can|could|should) I (?:do (?:for you|to help|to support)|help(?: you)? with|take)", r"(?:happy|glad|here|available) to help (?:with anything|however|in any way|wherever|anytime|any time|out anywhere)",
    r"(?:where|what) (?:can|could) I help", r"need(?:s)? (?:any|some) help(?: with anything)?(?=\?)", r"use (?:me|my help) (?:however|wherever)",
)  # fmt: skip
_CHOICE = re.compile(
    r"^[ \t]{0,8}(?:[-*\u2022]|\d{1,2}[.)]|\(?[a-c1-3]\))[ \t]+(?!.{0,24}anything\s+else)\S|\bI\s+(?:could|can|would|will)\s+(?!help|do\s+anything|be\b|best)\w+"
    r"|\bI'(?:d|ll)\s+(?!love|like|be\b|help)\w+",
    re.IGNORECASE | re.MULTILINE,
)
_EITHER = re.compile(r"\b(?:either\s|I\s+(?:could|can)\s)[^.?!\n]{3,160}\sor\s+(?!anything)", re.IGNORECASE)
_JARGON = phrases(
    "p9[059]9?", r"(?:HTTP )?5xx", r"HTTP [45]\d\d", r"[45]\d\d(?:s| errors| responses)", "OOM(?:Kill(?:ed|er))?", "k8s", "kubernetes", "kubelet", "pods?(?! ?cast)", "sharding", "shards?", "replica lag", "replication lag",
    "garbage collection", "GC pause", "heap", "stack ?traces?", r"null ?pointers?(?: exceptions?)?", "mutex", "deadlocks?", "TLS handshakes?", "BGP", "race conditions?", "regex", "connection pools?", "thread pools?",
    "kernel panic", "seg ?fault", "goroutines?", "cache invalidation", "g?RPC", "memory leak", "rate limiter", "sidecars?", "ingress", "circuit breakers?", "ORM", "WAL", "failover quorum", "idempoten(?:t|cy)", "cron ?jobs?",
    "load balancers?", "DNS", "SQL", "kafka", "redis", "postgres(?:ql)?", "nginx", "etcd", "elasticsearch", "rabbitmq", "terraform", "helm chart", "hotfix branch", "feature flag", "QPS", "CPU", "I/O", "API gateway",
)  # fmt: skip
_HOST = re.compile(
    r"(?<![\w@./-])(?:"
    r"(?:db|web|app|api|srv|server|node|host|kafka|redis|pg|mysql|cache|worker|queue|lb|proxy|vm|ip|es|prod|stg|k8s|core|edge|router|switch|sql|auth|pay|payments?|checkout|search)"
    r"(?:-[a-z0-9]{1,20}){0,4}-\d{1,4}[a-z]?"
    r"|[a-z]{2,12}-(?:east|west|north|south|central|prod)(?:-[a-z0-9]{1,12}){0,3}(?:-?\d{1,3}[a-z]?)?"
    r"|[\w-]{1,40}(?:\.[\w-]{1,40}){0,4}\.(?:internal|local|corp|lan|svc|cluster)"
    r"|[a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){1,6}(?:\.[a-z_]{1,40})?"
    r"|\d{1,3}(?:\.\d{1,3}){3}"
    r")(?![\w@-])"
)
_BIG = phrases(
    "huge",
    "massive(?:ly)?",
    "terribl[ey]",
    "catastrophic",
    "horrible",
    "awful",
    "disastrous",
    "enormous",
    "dramatic(?:ally)?",
)
_OUTAGE = phrases("outages?")
_PARTLY = phrases(
    "some",
    "part(?:ial(?:ly)?|ly)?",
    "a few",
    r"[1-9]\d? ?(?:%|percent|per cent)",
    "one in \\w+",
    "certain",
    "only",
    "degraded",
)


def _mostly_to_people(mail: Mail) -> bool:
    return mail.audience is not Audience.PRIVATE


def _bare_offer(mail: Mail) -> Hit | None:
    """Find an offer of help that leaves the thinking to the boss: fewer than two concrete things beside it."""
    if mail.kind.of_incident or mail.audience is not Audience.BOSS:
        return None
    marks = marks_of("body", _BARE_OFFER.finditer(mail.own_words))
    two = len(_CHOICE.findall(mail.own_words)) > 1 or _EITHER.search(mail.own_words)
    return Hit(marks) if marks and not two else None


def _hosts(mail: Mail) -> Hit | None:
    marks = marks_of("body", _HOST.finditer(mail.own_words)) if mail.audience is Audience.EXEC else ()
    return Hit(marks) if marks else None


TONE = (
    Rule(
        "bare-offer",
        Level.ERROR,
        "a bare offer of help leaves the thinking to the reader",
        'name two things you could do, then "or anything else"',
        _bare_offer,
    ),
    Rule(
        "vague-time",
        Level.WARNING,
        "a time nobody can hold you to",
        "give a clock time, a date, or the fact",
        says(_VAGUE_TIME),
    ),
    Rule(
        "hedging",
        Level.WARNING,
        "it makes itself small",
        "say it straight; take these words out",
        says(_HEDGE, _mostly_to_people),
    ),
    Rule(
        "flattery",
        Level.WARNING,
        "it flatters",
        "thank for one concrete thing, or leave it out",
        says(_FLATTERY, _mostly_to_people),
    ),
    Rule(
        "jargon",
        Level.WARNING,
        "words of the trade in a mail to executives",
        "say what people could not do, in their words",
        says(_JARGON, lambda mail: mail.audience is Audience.EXEC),
    ),
    Rule(
        "host-name",
        Level.WARNING,
        "names of machines or tables in a mail to executives",
        "say which service of ours it is",
        _hosts,
    ),
    Rule(
        "adjective",
        Level.HINT,
        "an adjective in place of a number",
        "give the number; it says how bad it is",
        says(_BIG, lambda mail: mail.kind.of_incident),
    ),
    Rule(
        "outage-partial",
        Level.HINT,
        "an outage is when all is down; this tells of a part",
        "name the part and its share",
        in_sentences(
            _OUTAGE,
            beside=_PARTLY,
            when=lambda mail: mail.kind is not MailKind.LETTER and mail.kind.of_incident,
        ),
    ),
)
