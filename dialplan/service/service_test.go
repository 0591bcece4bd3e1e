package service_test

import (
	"slices"
	"strings"
	"testing"

	"strowger/dialplan/service"
)

func policy(t *testing.T, country, fallback string, own []service.Destination, classes []service.Class) *service.Policy {
	t.Helper()
	p, err := service.New(country, fallback, own, classes)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestUnitedKingdom: Ofcom's ranges, and the rest of the world.
func TestUnitedKingdom(t *testing.T) {
	p := policy(t, "44", "", nil, nil)
	for number, want := range map[string]string{
		"+441632960123": service.National, "+442079460000": service.National, "+443069990000": service.National,
		"+448081570001": service.National, "+44800111": service.National, "+44116123": service.National, "+445600000000": service.National,
		"+447700900123": service.Mobile, "+447624300000": service.Mobile, "+447500000000": service.Mobile,
		"+447012345678": service.Premium, "+447600000000": service.Premium,
		"+449098790000": service.Premium, "+448450000000": service.Premium, "+448710000000": service.Premium, "+44118500": service.Premium,
		"+12025550100": service.International, "+33199000000": service.International, "+4312345": service.International,
		"+881612345678": service.Premium, "+97912345678": service.Premium, "+870773000000": service.Premium,
		"101": service.National, "118500": service.Premium,
	} {
		if got := p.Of(number); got != want {
			t.Errorf("%s is %q, want %q", number, got, want)
		}
	}
}

func TestAnotherCountry(t *testing.T) {
	p := policy(t, "353", "", []service.Destination{{Name: service.Mobile, Prefixes: []string{"+3538"}}}, nil)
	for number, want := range map[string]string{
		"+35315550000": service.National, "+353861234567": service.Mobile, "+441632960123": service.International, "+881612345678": service.Premium,
	} {
		if got := p.Of(number); got != want {
			t.Errorf("%s is %q, want %q", number, got, want)
		}
	}
}

func TestClasses(t *testing.T) {
	own := []service.Destination{{Name: "islands", Prefixes: []string{"+441534", "+441481"}}}
	classes := []service.Class{{Name: "agents", Destinations: []string{service.National, "islands"}}}
	p := policy(t, "44", service.Mobile, own, classes)
	if got := p.Of("+441534700000"); got != "islands" {
		t.Errorf("Jersey is %q", got)
	}
	all := []string{service.Internal, service.National, service.Mobile, service.International, service.Premium, "islands"}
	for class, want := range map[string][]string{
		service.Internal: all[:1], service.National: all[:2], service.Mobile: all[:3], "": all[:3],
		service.International: all[:4], service.Premium: all, "agents": {service.Internal, service.National, "islands"}, "unknown": all[:1],
	} {
		for _, d := range all {
			if got := p.May(class, d); got != slices.Contains(want, d) {
				t.Errorf("class %q may call %s: %t", class, d, got)
			}
		}
	}
	if got := strings.Join(p.Classes(), " "); got != "internal national mobile international premium agents" {
		t.Errorf("classes %s", got)
	}
	if !policy(t, "44", "", nil, nil).May("", service.Premium) {
		t.Error("without a word of it seats may not call everything")
	}
}

func TestFaults(t *testing.T) {
	for want, in := range map[string]struct {
		fallback string
		own      []service.Destination
		classes  []service.Class
	}{
		`there is no class "agent"; known are internal, national, mobile, international, premium`: {fallback: "agent"},
		`class "a": there is no destination "moon"`:                                               {classes: []service.Class{{Name: "a", Destinations: []string{"moon"}}}},
		`prefix +449 is of the destinations "chat" and "premium"; give it to one`:                 {own: []service.Destination{{Name: "chat", Prefixes: []string{"+449"}}}},
	} {
		if _, err := service.New("44", in.fallback, in.own, in.classes); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
