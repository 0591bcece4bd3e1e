package spell_test

import (
	"errors"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/media/prompt"
	"strowger/media/prompt/spell"
)

// words are what the prompts of a language say.
func words(t *testing.T, language string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../voices/" + language + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, said, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || name == "#" {
			continue
		}
		if _, twice := out[name]; twice {
			t.Errorf("%s: %s is written twice", language, name)
		}
		out[name] = strings.TrimSpace(said)
	}
	return out
}

// said is a list of prompts as words.
func said(t *testing.T, dictionary map[string]string, names []string) string {
	t.Helper()
	out := make([]string, len(names))
	for i, name := range names {
		if out[i] = dictionary[name]; out[i] == "" {
			t.Errorf("no prompt %q", name)
		}
	}
	return strings.Join(out, " ")
}

var at = time.Date(2026, 3, 3, 14, 30, 0, 0, time.UTC) // a Tuesday

func TestWords(t *testing.T) {
	for language, cases := range map[string]map[string]string{
		"en": {
			"number:0": "zero", "number:7": "seven", "number:10": "ten", "number:13": "thirteen", "number:20": "twenty",
			"number:21": "twenty one", "number:90": "ninety", "number:100": "one hundred", "number:101": "one hundred and one",
			"number:999": "nine hundred and ninety nine", "number:1000": "one thousand", "number:1001": "one thousand and one",
			"number:1100": "one thousand one hundred", "number:20019": "twenty thousand and nineteen",
			"number:121304":  "one hundred and twenty one thousand three hundred and four",
			"number:999999":  "nine hundred and ninety nine thousand nine hundred and ninety nine",
			"number:1000000": "one zero zero zero zero zero zero", "number:-5": "minus five", "number:-1000000": "minus one zero zero zero zero zero zero",
			"digits:+44 1632-960*#": "plus four four one six three two nine six zero star hash",
			"position:1":            "You are next in the queue.", "position:0": "You are next in the queue.", "position:12": "You are number twelve in the queue.",
			"wait:0": "The expected waiting time is one minute", "wait:25": "The expected waiting time is twenty five minutes",
			"minutes:0": "zero minutes", "money:0": "zero pence", "money:0.01": "one penny", "money:1": "one pound", "money:1.01": "one pound and one penny",
			"money:12.50": "twelve pounds and fifty pence", "money:2.00": "two pounds",
			"date:today": "Tuesday the third of March twenty twenty six", "date:1999-12-31": "Friday the thirty first of December nineteen ninety nine",
			"date:2005-01-02": "Sunday the second of January two thousand and five", "date:1905-06-01": "Thursday the first of June nineteen oh five",
			"date:1900-06-01": "Friday the first of June nineteen hundred", "date:2000-02-29": "Tuesday the twenty ninth of February two thousand",
			"date:0999-06-01": "Saturday the first of June nine hundred and ninety nine",
			"time:now":        "two thirty p m", "time:14:00": "two o'clock p m", "time:09:05": "nine oh five a m", "time:00:00": "midnight",
			"time:12:00": "midday", "time:00:10": "twelve ten a m", "time:12:59": "twelve fifty nine p m", "time:23:45": "eleven forty five p m",
		},
		"cy": {
			"number:0": "dim", "number:2": "dau", "number:10": "deg", "number:11": "un deg un", "number:15": "un deg pump", "number:20": "dau ddeg",
			"number:22": "dau ddeg dau", "number:50": "pum deg", "number:66": "chwe deg chwech", "number:100": "cant", "number:101": "cant ac un",
			"number:103": "cant a thri", "number:110": "cant a deg", "number:111": "cant un deg un", "number:123": "cant dau ddeg tri",
			"number:200": "dau gant", "number:304": "tri chant a phedwar", "number:600": "chwe chant", "number:1000": "mil", "number:1001": "mil ac un",
			"number:1992": "mil naw cant naw deg dau", "number:2026": "dwy fil dau ddeg chwech", "number:3000": "tair mil", "number:10000": "deg mil",
			"number:11000": "un deg un fil", "number:12500": "un deg dwy fil pum cant", "number:20000": "dau ddeg mil", "number:23000": "dau ddeg tair mil",
			"number:100000": "can mil", "number:110000": "cant deg mil", "number:300000": "tri chan mil", "number:123456": "cant dau ddeg tair mil pedwar cant pum deg chwech",
			"number:1000000": "un dim dim dim dim dim dim", "number:-3": "minws tri",
			"position:1": "Chi sydd nesaf yn y ciw.", "position:14": "Chi yw rhif un deg pedwar yn y ciw.",
			"wait:2": "Yr amser aros disgwyliedig yw dwy funud", "wait:10": "Yr amser aros disgwyliedig yw deg munud",
			"minutes:12": "un deg dwy o funudau", "minutes:23": "dau ddeg tair o funudau", "minutes:0": "dim o funudau",
			"money:1": "un bunt", "money:2.01": "dwy bunt un geiniog", "money:6.06": "chwe phunt chwe cheiniog", "money:12.50": "un deg dwy o bunnoedd pum deg o geiniogau",
			"money:0.04": "pedair ceiniog", "money:103": "cant a thair o bunnoedd",
			"date:today": "dydd Mawrth y trydydd o Fawrth dwy fil dau ddeg chwech", "date:1999-12-31": "dydd Gwener yr unfed ar ddeg ar hugain o Ragfyr mil naw cant naw deg naw",
			"time:now": "hanner awr wedi dau y prynhawn", "time:15:00": "tri o'r gloch y prynhawn", "time:09:15": "chwarter wedi naw y bore",
			"time:23:05": "pum munud wedi un ar ddeg yr hwyr", "time:00:00": "deuddeg o'r gloch y bore", "time:10:45": "pedwar deg pump o funudau wedi deg y bore",
		},
	} {
		dictionary, l := words(t, language), spell.In(language)
		for word, want := range cases {
			names, err := spell.Words(l, at, word)
			if got := said(t, dictionary, names); err != nil || got != want {
				t.Errorf("%s %s: %q, want %q (%v)", language, word, got, want, err)
			}
		}
	}
	if names, err := spell.Words(spell.In("xx"), at, "greeting"); err != nil || len(names) != 1 || names[0] != "greeting" {
		t.Errorf("a prompt: %v, %v", names, err)
	}
	if got := spell.In("cy").Money(-150); strings.Join(got, " ") != "minus pounds-1 of-pence" && got[0] != "minus" {
		t.Errorf("a debt: %v", got)
	}
}

func TestWordsThatCannotBeSaid(t *testing.T) {
	for _, word := range []string{
		"number:", "number:x", "number:1.5", "digits:", "digits:abc", "money:", "money:1.5", "money:1.234", "money:-1", "money:1000000",
		"date:2026-13-01", "date:now-ish", "time:24:00", "time:9", "song:1", ":",
	} {
		names, err := spell.Words(spell.In("en"), at, word)
		if !errors.Is(err, spell.ErrValue) || names != nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, %v", word, names, err)
		}
	}
}

// TestEverythingIsRecorded: whatever is said, the built-in voice has each prompt of it.
func TestEverythingIsRecorded(t *testing.T) {
	library, err := prompt.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, language := range []string{"en", "cy"} {
		dictionary, l := words(t, language), spell.In(language)
		check := func(t *rapid.T, names []string) {
			if len(names) == 0 || len(names) > 30 {
				t.Fatalf("%d prompts", len(names))
			}
			for _, name := range names {
				if dictionary[name] == "" {
					t.Fatalf("%s: no prompt %q", language, name)
				}
				if _, err := library.Get(language, name); err != nil {
					t.Fatal(err)
				}
			}
		}
		rapid.Check(t, func(t *rapid.T) {
			n := rapid.OneOf(rapid.IntRange(-200, 2000), rapid.IntRange(0, spell.MaxNumber), rapid.Int(), rapid.Just(math.MinInt)).Draw(t, "n")
			check(t, l.Number(n))
			check(t, l.Minutes(n))
			check(t, l.Money(n))
			check(t, spell.Position(l, n))
			check(t, spell.Wait(l, n))
			when := time.Unix(rapid.Int64Range(-4e9, 4e9).Draw(t, "when"), 0).UTC()
			check(t, l.Date(when.Weekday(), when.Day(), when.Month(), when.Year()))
			check(t, l.Date(when.Weekday(), when.Day(), when.Month(), 0))
			check(t, l.Time(when.Hour(), when.Minute()))
		})
	}
}

// TestNumbersDiffer: no two numbers sound the same.
func TestNumbersDiffer(t *testing.T) {
	for _, language := range []string{"en", "cy"} {
		dictionary, l := words(t, language), spell.In(language)
		heard := map[string]int{}
		for n := range 25_000 {
			text := said(t, dictionary, l.Number(n))
			if other, same := heard[text]; same {
				t.Fatalf("%s: %d and %d are both %q", language, other, n, text)
			}
			heard[text] = n
		}
	}
}

func FuzzWords(f *testing.F) {
	for word := range strings.SplitSeq(spell.Kinds, ", ") {
		f.Add(word, true)
	}
	f.Add("number:-9223372036854775808", false)
	f.Fuzz(func(t *testing.T, word string, welsh bool) {
		language := "en"
		if welsh {
			language = "cy"
		}
		names, err := spell.Words(spell.In(language), at, word)
		if err == nil && len(names) == 0 || err != nil && !errors.Is(err, spell.ErrValue) {
			t.Errorf("%q: %v, %v", word, names, err)
		}
	})
}
