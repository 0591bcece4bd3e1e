package ledger

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An event is written as json.Marshal writes it, whatever its fields hold.
func TestEventsAreWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var e Event
		draw(rt, reflect.ValueOf(&e).Elem())
		want, err := json.Marshal(e)
		if err != nil {
			rt.Fatal(err)
		}
		if got := appendEvent(nil, &e); string(got) != string(want) {
			rt.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// draw fills every field of a struct, so that a new one is not forgotten.
func draw(rt *rapid.T, v reflect.Value) {
	for i := range v.NumField() {
		f, name := v.Field(i), v.Type().Field(i).Name
		switch x := f.Addr().Interface().(type) {
		case *time.Time:
			*x = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(rt, name)).UTC()
			continue
		case **Media:
			if rapid.Bool().Draw(rt, name) {
				*x = new(Media)
				draw(rt, reflect.ValueOf(*x).Elem())
			}
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(rapid.OneOf(rapid.StringMatching(`[a-z0-9+:@ -]{0,12}`), rapid.String()).Draw(rt, name))
		case reflect.Int, reflect.Int64:
			f.SetInt(rapid.Int64().Draw(rt, name))
		case reflect.Uint64:
			f.SetUint(rapid.Uint64().Draw(rt, name))
		case reflect.Bool:
			f.SetBool(rapid.Bool().Draw(rt, name))
		case reflect.Float64:
			f.SetFloat(rapid.OneOf(rapid.Float64Range(0, 100), rapid.Float64()).Draw(rt, name))
		default:
			rt.Fatalf("%s is of a kind that this test does not know", name)
		}
	}
}

func TestNoNumberIsZero(t *testing.T) {
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got := string(appendFloat(nil, f)); got != "0" {
			t.Errorf("%v is written as %s", f, got)
		}
	}
}
