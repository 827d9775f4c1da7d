"""What is heard of TwiML on the sandbox's telephone."""

from gateway.http.sandbox.call import Heard, Line, Question, hear

HOOKS = "http://gateway.test/hooks/twilio/"


def of(verbs: str) -> Heard:
    heard = hear(f"<Response>{verbs}</Response>", HOOKS + "voice/line")
    assert heard is not None
    return heard


def test_all_is_heard_up_to_the_question_and_what_follows_apart() -> None:
    heard = of(
        '<Say voice="Polly.Joanna">This  is\nthe Shop.</Say>'
        '<Gather numDigits="1" action="key?m=1&amp;k=2"><Say>Press 9 to stop.</Say><Pause length="2"/>'
        "<Play>https://media.example.com/a.mp3</Play></Gather><Say>Goodbye</Say><Hangup/>"
    )
    assert heard.lines == (
        Line("say", "This is the Shop."),
        Line("say", "Press 9 to stop."),
        Line("pause", "2"),
        Line("play", "https://media.example.com/a.mp3"),
    )
    assert heard.question == Question(HOOKS + "voice/key?m=1&k=2", 1, speech=False, says_nothing=False)
    assert heard.otherwise == (Line("say", "Goodbye"), Line("hangup", ""))
    assert heard.onwards == ""


def test_a_question_may_take_words_any_digits_and_nothing() -> None:
    heard = of('<Gather input="dtmf speech" action="/hooks/twilio/x" actionOnEmptyResult="true"/>')
    assert heard.question == Question(HOOKS + "x", 0, speech=True, says_nothing=True)
    assert heard.onwards == HOOKS + "x"


def test_without_an_action_the_answer_goes_where_the_question_came_from() -> None:
    heard = of("<Gather/><Redirect>line?again=1</Redirect><Say>never heard</Say>")
    assert heard.question is not None
    assert heard.question.url == HOOKS + "voice/line"
    assert heard.onwards == HOOKS + "voice/line?again=1"
    assert heard.otherwise == ()


def test_a_redirect_ends_what_is_heard_here() -> None:
    assert of("<Say>One moment.</Say><Redirect>/hooks/twilio/y</Redirect><Say>no</Say>") == Heard(
        (Line("say", "One moment."),), leads_to=HOOKS + "y"
    )


def test_nothing_is_heard_after_hanging_up() -> None:
    assert of("<Dial>+12025550103</Dial><Hangup/><Say>no</Say>").lines == (
        Line("dial", "+12025550103"),
        Line("hangup", ""),
    )
    assert of("") == Heard()


def test_what_was_heard_before_comes_first() -> None:
    before = (Line("say", "One moment."),)
    heard = hear("<Response><Say>Two.</Say></Response>", HOOKS, before)
    assert heard == Heard((*before, Line("say", "Two.")))


def test_what_is_no_twiml_is_not_heard() -> None:
    assert hear("", HOOKS) is None
    assert hear("<Response><Say>", HOOKS) is None
    assert hear('{"title": "Forbidden"}', HOOKS) is None
    assert hear("<html/>", HOOKS) is None
