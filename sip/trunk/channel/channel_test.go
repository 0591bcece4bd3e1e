package channel_test

import (
	"strings"
	"testing"
	"time"

	"strowger/sip/trunk/channel"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// TestSeize: i and o seize a channel, I and O an urgent one, x and y free one of in
// and out, + and - are a channel of out that another node takes and frees, ( one of in
// that it takes, digits are calls out that others have begun, . is a tenth of a second. What comes of it: + has one, f full, r too fast.
func TestSeize(t *testing.T) {
	for name, tt := range map[string]struct {
		limits       channel.Limits
		events, want string
	}{
		"no limits":         {channel.Limits{}, "iiiooo", "++++++"},
		"both directions":   {channel.Limits{Channels: 3}, "iooioyo", "+++ff+"},
		"in":                {channel.Limits{In: 1}, "iiooxi", "+f+++"},
		"out":               {channel.Limits{Out: 2}, "oooii", "++f++"},
		"reserved":          {channel.Limits{Channels: 3, Reserved: 1}, "ooiOO", "++f++"},
		"reserved, out":     {channel.Limits{Out: 2, Reserved: 1}, "ooOOiii", "+f+++++"},
		"urgent ones count": {channel.Limits{Channels: 2}, "OOOoyyo", "+++f+"},
		"rate":              {channel.Limits{RateOut: 2}, "oooi....oo..........ooo", "++r+rr++r"},
		"elsewhere":         {channel.Limits{Channels: 3, Out: 2}, "+oo++i-i-i", "+fff+"},
		"elsewhere, in":     {channel.Limits{Channels: 3}, "((oo", "+f"},
		"elsewhere, urgent": {channel.Limits{Channels: 3, Reserved: 1}, "++oOOi", "f++f"},
		"owed":              {channel.Limits{RateOut: 2}, "o3..........o.....oo", "+r+r"},
		"owed at most":      {channel.Limits{RateOut: 1}, "9999" + strings.Repeat(".", 105) + "o.....o", "r+"},
		"owed at most by 2": {channel.Limits{RateOut: 2}, "99999" + strings.Repeat(".", 104) + "o.o", "r+"},
		"owed, urgent":      {channel.Limits{RateOut: 1}, "o2O...........o.........o", "++rr"},
		"owed, no rate":     {channel.Limits{}, "99o", "+"},
		"a rate of urgents": {channel.Limits{RateIn: 1}, "iIIi..........i", "+++r+"},
	} {
		c := channel.Count{Limits: tt.limits}
		now := start
		var got strings.Builder
		for _, e := range tt.events {
			d := channel.In
			if strings.ContainsRune("oOy", e) {
				d = channel.Out
			}
			switch e {
			case 'x', 'y':
				channel.Free(d, &c)
			case '+':
				c.Elsewhere[channel.Out]++
			case '-':
				c.Elsewhere[channel.Out]--
			case '(':
				c.Elsewhere[channel.In]++
			case '1', '2', '3', '9':
				c.Owe(now, channel.Out, uint64(e-'0'))
			case '.':
				now = now.Add(100 * time.Millisecond)
			default:
				r, _ := channel.Seize(now, d, e < 'a', &c)
				got.WriteByte("+fr"[r])
			}
		}
		if got.String() != tt.want {
			t.Errorf("%s: %s gives %s, want %s", name, tt.events, got.String(), tt.want)
		}
		if begun := c.Begun[channel.In] + c.Begun[channel.Out]; int(begun) != strings.Count(tt.want, "+") {
			t.Errorf("%s: %d calls are counted of %s", name, begun, tt.want)
		}
		full, fast := c.Full[channel.In]+c.Full[channel.Out], c.Fast[channel.In]+c.Fast[channel.Out]
		if int(full) != strings.Count(tt.want, "f") || int(fast) != strings.Count(tt.want, "r") {
			t.Errorf("%s: %d full and %d too fast are counted of %s", name, full, fast, tt.want)
		}
	}
}

// TestAllOrNone: a call takes a channel of its trunk and of its tenant, or of neither.
func TestAllOrNone(t *testing.T) {
	trunk, tenant := channel.Count{}, channel.Count{Limits: channel.Limits{Out: 1}}
	if r, _ := channel.Seize(start, channel.Out, false, &trunk, &tenant); r != channel.None {
		t.Fatalf("refused: %d", r)
	}
	if r, by := channel.Seize(start, channel.Out, false, &trunk, &tenant); r != channel.Full || by != 1 {
		t.Errorf("%d by %d", r, by)
	}
	if trunk.Taken != [2]int{0, 1} || tenant.Taken != [2]int{0, 1} || tenant.Full != [2]uint64{0, 1} || trunk.Full != [2]uint64{} {
		t.Errorf("%+v %+v", trunk, tenant)
	}
	if r, _ := channel.Seize(start, channel.Out, true, &trunk, &tenant); r != channel.None || tenant.Urgents != 1 || tenant.Taken[channel.Out] != 2 {
		t.Errorf("an urgent call: %d, %+v", r, tenant)
	}
	channel.Free(channel.Out, &trunk, &tenant)
	channel.Free(channel.Out, &trunk, &tenant)
	if trunk.Taken != [2]int{} || tenant.Taken != [2]int{} {
		t.Errorf("left over: %v %v", trunk.Taken, tenant.Taken)
	}
}
