package privacy_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"strowger/sip/privacy"
)

func subject(t *testing.T, number string) privacy.Subject {
	t.Helper()
	s, ok := privacy.New(number, "44")
	if !ok {
		t.Fatalf("%s is no number", number)
	}
	return s
}

func TestReplace(t *testing.T) {
	for _, c := range []struct{ number, text, want string }{
		{"+441632960001", `"from":"+441632960001"`, `"from":"X"`},
		{"+441632960001", "sip:01632960001@host, 901632960001 00441632960001", "sip:X@host, X X"},
		{"+441632960001", "+441632960002 4416329600011 x1632960001 1632960001x", "+441632960002 4416329600011 x1632960001 1632960001x"},
		{"01632960001", "+441632960001;01632960001", "X;X"},
		{"1001", "seat:1001 1001 11001 10011 +1001", "seat:X X 11001 10011 X"},
		{"+33123456789", "+33123456789 0123456789", "X 0123456789"},
	} {
		got, changed := subject(t, c.number).Replace([]byte(c.text), "X")
		if string(got) != c.want || changed != (c.text != c.want) {
			t.Errorf("%s in %s: %s (%t), want %s", c.number, c.text, got, changed, c.want)
		}
	}
	for _, number := range []string{"", "+", "44 1632", "abc", "+44x"} {
		if _, ok := privacy.New(number, "44"); ok {
			t.Errorf("%q is a number", number)
		}
	}
	if s := subject(t, "+441632960001"); !s.Is("01632960001") || s.Is("seat 01632960001") || s.Is("") {
		t.Error("a whole text")
	}
}

func TestReplaceJSON(t *testing.T) {
	got, changed := subject(t, "1001").ReplaceJSON([]byte(`{"a\"1001":"\\","n":1001,"b":["1001"],"c":"é 1001"}`), "X")
	if want := `{"a\"X":"\\","n":1001,"b":["X"],"c":"é X"}`; string(got) != want || !changed {
		t.Errorf("%s, want %s", got, want)
	}
}

// What was valid JSON stays so, without the number, and what has no number stays as it is.
func TestReplaceJSONIsSafe(t *testing.T) {
	s := subject(t, "+441632960001")
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.SampledFrom([]string{"+441632960001", "01632960001", `"`, `\`, "x", " ", "7", "é", "\n"})).Draw(t, "parts")
		value := strings.Join(parts, "")
		text, err := json.Marshal(map[string]any{"a": value, "n": 1632960001})
		if err != nil {
			t.Fatal(err)
		}
		before := bytes.Clone(text)
		got, changed := s.ReplaceJSON(text, "erased-1")
		if !json.Valid(got) || s.In([]byte(value)) != changed && !bytes.Contains(text, []byte(`\`)) || !changed && !bytes.Equal(got, before) {
			t.Fatalf("%s became %s (%t)", before, got, changed)
		}
	})
}

func FuzzReplace(f *testing.F) {
	f.Add([]byte(`{"from":"+441632960001","x":"\`))
	s, _ := privacy.New("+441632960001", "44")
	f.Fuzz(func(t *testing.T, text []byte) {
		got, _ := s.Replace(text, "X")
		if s.In(got) {
			t.Errorf("%q still has the number", got)
		}
		if _, changed := s.ReplaceJSON(text, "X"); changed && !s.In(text) {
			t.Errorf("%q has no number and was changed", text)
		}
	})
}
