"""Line rules: what each takes out, and what none may touch."""

import time

import pytest

from ingest.articles.lines import RULES, Line, Page, judge

PAGE = Page(titles=frozenset({"a quay closes"}), authors=frozenset({"oda brandt"}))


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("headline", "A quay closes"),
        ("advertisement", "Advertisement"),
        ("advertisement", "Anzeige"),
        ("credit", "Image: Reuters."),
        ("credit", "Photograph: Oda Brandt/AP"),
        ("credit", "A crane in the harbour. Getty Images"),
        ("credit", "Foto: dpa"),
        ("read more", "Read more: The crane that would not turn"),
        ("read more", "Lesen Sie auch: Der Kran"),
        ("read more", "À lire aussi : la grue"),
        ("read more", "Читайте также: кран"),
        ("read more", "اقرأ أيضا: الرافعة"),
        ("read more", "और पढ़ें: क्रेन"),
        ("read more", "Διαβάστε επίσης: ο γερανός"),
        ("read more", "Xem thêm: cần cẩu"),
        ("newsletter", "有料会員の方のみご利用になれます。"),
        ("legal", "무단 전재 및 재배포 금지"),
        ("legal", "جميع الحقوق محفوظة"),
        ("newsletter", "Sign up for our weekly newsletter"),
        ("newsletter", "Suscríbete a nuestro boletín"),
        ("share", "Facebook Twitter Email"),
        ("tags", "Tags: harbour, cranes"),
        ("date", "Published 3 June 2031"),
        ("date", "5 min read"),
        ("date", "2031-06-03 18:20"),
        ("byline", "By Oda Brandt"),
        ("byline", "Oda Brandt"),
        ("bio", "Oda Brandt is the port reporter of the Vellmar Post."),
        ("legal", "© 2031 The Vellmar Post"),
        ("legal", "This copy is for your personal, non-commercial use only."),
        ("appeal", "Email Oda Brandt at oda@post.example or follow her."),
        ("comment", "Leave a comment"),
        ("control", "https://twitter.com/x/status/1"),
        ("control", "* * *"),
        pytest.param("control", "=" * 160, id="a long row of one sign"),
        pytest.param("control", "* " * 90, id="a long row of stars"),
        pytest.param("control", "—" * 900, id="a longer row than a line's opening"),
        ("notice", "This site uses cookies."),
        ("origin", "This article was originally published by the Coast Wire."),
        ("appeal", "Get in touch with our news team"),
        ("appeal", "You can read our January open thread here."),
        ("read more", "WATCH | The crane that would not turn, and the men who tried it:"),
        ("read more", "Other news"),
        ("embed", "[button link=”/kit” type=”big”] Send us your kit[/button]"),
        ("newsletter", "Our newsletter sums up the day at the port – subscribe here."),
        ("newsletter", "Der Hafen-Newsletter kommt jeden Abend direkt in Ihr Postfach."),
        ("legal", "We may earn a commission if you buy from a link."),
        (
            "origin",
            "Brandt reported from Vellmar. Writers Bo Lind and Kai Ruiz contributed to this report.",
        ),
        ("origin", "dpa/obr"),
        ("date", "June 3, 2031, 5:24 AM UTC / Updated June 3, 2031, 2:01 PM UTC / Source: Post"),
    ],
)
def test_a_line_beside_the_article_is_named(rule: str, text: str) -> None:
    assert judge(Line(text, "p"), PAGE) == rule


@pytest.mark.parametrize(
    "text",
    [
        "“We would rather lose two seasons than one crane,” she said.",
        "Correction: an earlier version gave the wrong number of piers.",
        "Editor's note: the council has since changed its mind.",
        "Read the letter in which the council asks for a third crane, and you will see why it failed to get one.",
        "Oda Brandt, the mayor, said on Tuesday that she had never seen the letter.",
        "On 3 June 2031 the council voted to close the quay for two years.",
        "Images of the quay, taken in May, show eleven piers with cracks as wide as a hand.",
        "What happens next",
        "Divers report every month.",
        "By Tuesday evening nobody had answered the letter.",
        "Parents were told first.",
        "No.",
        "_" * 900 + " The council met.",
        "https://cve.example/CVE-2031-0101",
        "(Graphic: Tonnage of the port - here)",
        "Photos from the quay showed a collapsed roof and two burnt cars.",
        "Getty Images said on Monday that it would merge with its rival Shutterstock.",
        "By signing the treaty, the ministers agreed to close the quay.",
        "By the numbers",
        "Reporter shot dead at the port",
        "Text messages show the plan",
        "Posted speed limits will fall in May",
        "Stand-up comedians are no longer welcome",
        "Date night at the harbour ended early",
        "Share prices fell sharply",
        "Copyright law is to change next year, the ministry said.",
        "JavaScript packages with a back door were loaded 4,000 times.",
        "Embedded journalists saw the ships leave.",
        "The report published on Tuesday says forty people were hurt.",
        "The interview was published in two papers.",
        "Published in 1984, the novel foresaw the closure.",
        "Feedback from farmers has been poor, the minister said.",
        "Do you have any plans to widen the quay?",
        "For the latest quarter, the port reported a loss of €40m.",
        "Support US troops, the banner said.",
        "Recommended speed: 12 knots",
        "The bakery sold cookies shaped like cranes.",
        "Hiermee komt een einde aan een lange strijd.",
        "Zum Thema Hafen sagte der Minister nichts.",
        "An dieser Stelle sei daran erinnert, dass der Kai alt ist.",
        "2031年3月于港口举行",
        "اشترك في المؤتمر ثلاثون عاملا من الميناء.",
        "حقوق العمال في الميناء محل نقاش.",
        "https://news.example/" + "x" * 150,
    ],
)
def test_article_text_is_left_alone(text: str) -> None:
    assert judge(Line(text, "p"), PAGE) is None


def test_a_line_that_is_a_link_goes_and_a_sentence_with_a_link_stays() -> None:
    text = "The council had warned of this in its report."

    assert judge(Line(text, "p", linked=len(text)), PAGE) == "link"
    assert judge(Line(text, "p", linked=10), PAGE) is None


def test_a_fact_that_is_mostly_a_link_stays_and_a_teaser_goes() -> None:
    fact, teaser = (
        "Weekly pass, second crane: now €19 at the gate",
        "The port: The crane that would not turn",
    )

    assert judge(Line(fact, "p", linked=26), PAGE) is None
    assert judge(Line(teaser, "p", linked=24), PAGE) == "link row"


@pytest.mark.parametrize("filler", ["a ", "read more ", "12/", "facebook ", "— ", "by x ", "a@b."])
def test_no_rule_takes_long_over_any_line(filler: str) -> None:
    lines = [
        Line((filler * 400)[:size] + end, "p") for size in range(20, 700, 4) for end in ("", "!x")
    ]

    for name, limit, rule in RULES:
        start = time.process_time()
        for line in lines:
            if len(line.text) < limit:
                rule(line, PAGE)
        assert time.process_time() - start < 0.5, name
