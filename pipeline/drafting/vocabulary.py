"""Words that tell the order of options, and those that tell nothing in a name."""

from __future__ import annotations

SMALL = """
a about all an and any apply are as at be been best by can choose check company current currently did do does each
following for from had has have how i if in is it its many most much of on one only or organization our out please
question select selected than that the their them there these they this to up us used using was we were what when
where which who why will with would you your in general generally
"""

CYRILLIC = """
а a|б b|в v|г g|д d|е e|ё e|ж zh|з z|и i|й y|к k|л l|м m|н n|о o|п p|р r|с s|т t|у u|ф f|х kh|ц ts|ч ch|ш sh|щ shch|
ы y|э e|ю yu|я ya|і i|ї yi|є ye|ґ g|ъ _|ь _
"""

# A paragraph each, from low to high; how the options of a scale begin.
SCALES = """
never|almost never|hardly ever|very rarely|rarely|seldom|once in a while|occasionally|a few times|sometimes|
about half the time|half the time|regularly|often|frequently|usually|very often|most of the time|almost always|always

strongly disagree|completely disagree|totally disagree|disagree strongly|mostly disagree|disagree|somewhat disagree|
slightly disagree|neither|neutral|undecided|slightly agree|somewhat agree|agree strongly|mostly agree|agree|
strongly agree|completely agree|totally agree

extremely dissatisfied|very dissatisfied|dissatisfied|somewhat dissatisfied|slightly dissatisfied|neither|neutral|
slightly satisfied|somewhat satisfied|satisfied|very satisfied|extremely satisfied

very unhappy|unhappy|somewhat unhappy|neither|neutral|somewhat happy|happy|very happy

extremely unlikely|very unlikely|unlikely|somewhat unlikely|neither|neutral|somewhat likely|likely|very likely|
extremely likely

very likely to decrease|somewhat likely to decrease|stay|somewhat likely to increase|very likely to increase

not at all|not important|not very|not so|hardly|a little|slightly|somewhat|moderately|fairly|quite|important|very|
extremely|absolutely

very poor|poor|very bad|bad|below average|fair|average|above average|good|very good|excellent

much worse|worse|somewhat worse|about the same|the same|same|somewhat better|better|much better

decreased|no change|stayed|unchanged|increased

beginner|basic|intermediate|advanced|expert

every day|daily|a few times per week|several times a week|once a week|weekly|a few times per month|
once a month or less|once a month|monthly|quarterly|once a year or less|once a year|yearly|annually|less often|never

no, not at all|no, not|no|yes, somewhat|yes, very|yes

yes|maybe|no

less than high school|high school|some college|associate|bachelor|college|graduate|master|doctor

january|february|march|april|may|june|july|august|september|october|november|december

monday|tuesday|wednesday|thursday|friday|saturday|sunday

никогда|очень редко|редко|иногда|время от времени|часто|очень часто|всегда

совершенно не соглас|полностью не соглас|не соглас|скорее не соглас|нейтральн|скорее соглас|соглас|полностью соглас
"""


def entries(text: str, sign: str = "|") -> list[str]:
    """What stands between the signs, over line ends."""
    return [entry.strip() for entry in " ".join(text.split()).split(sign) if entry.strip()]
