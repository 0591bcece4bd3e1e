package api

import (
	"strowger/sip/carrier"
	"strowger/sip/trunk/channel"
)

// Trunk is a trunk as the node that is asked sees it.
type Trunk struct {
	Node      string          `json:"node"`
	Tenant    string          `json:"tenant"`
	Name      string          `json:"name"`
	Network   string          `json:"network"`
	Disabled  *carrier.Switch `json:"disabled,omitempty"` // by whom and when, on every node
	Sources   []string        `json:"sources"`
	Targets   []TrunkTarget   `json:"targets"`
	Addresses []carrier.View  `json:"addresses"`
	Calls     TrunkCalls      `json:"calls"`
	// Registration is ours with the trunk; nil if it is not registered with.
	Registration *carrier.Registration `json:"registration,omitempty"`
	// Others are how the other nodes of the cluster see it.
	Others []TrunkView `json:"others,omitempty"`
}

// TrunkView is a trunk as another node sees it.
type TrunkView struct {
	Node         string                `json:"node"`
	Error        string                `json:"error,omitempty"` // the node did not tell; all else is empty
	Disabled     bool                  `json:"disabled"`
	Addresses    []carrier.View        `json:"addresses"`
	In           int                   `json:"in"` // its calls at present
	Out          int                   `json:"out"`
	Registration *carrier.Registration `json:"registration,omitempty"`
}

// TrunkCalls are the calls of a trunk on this node, and their limits, which are of all
// nodes together; 0 is none.
type TrunkCalls struct {
	In      int    `json:"in"`      // at present
	Out     int    `json:"out"`     // at present
	Full    uint64 `json:"full"`    // refused for want of a channel since the start
	Fast    uint64 `json:"fast"`    // refused for their rate since the start
	Urgents uint64 `json:"urgents"` // of the emergency services that a limit did not stop

	ElsewhereIn  int `json:"elsewhere_in"` // at present on other nodes, as they told last
	ElsewhereOut int `json:"elsewhere_out"`

	Limit    int `json:"limit"`
	LimitIn  int `json:"limit_in"`
	LimitOut int `json:"limit_out"`
	Reserved int `json:"reserved"` // for emergency calls
	RateIn   int `json:"rate_in"`  // a second
	RateOut  int `json:"rate_out"`
}

// CallsOf puts limits and figures together.
func CallsOf(l channel.Limits, f channel.Figures) TrunkCalls {
	return TrunkCalls{
		In: f.Taken[channel.In], Out: f.Taken[channel.Out],
		Full: f.Full[channel.In] + f.Full[channel.Out], Fast: f.Fast[channel.In] + f.Fast[channel.Out], Urgents: f.Urgents,
		ElsewhereIn: f.Elsewhere[channel.In], ElsewhereOut: f.Elsewhere[channel.Out],
		Limit: l.Channels, LimitIn: l.In, LimitOut: l.Out, Reserved: l.Reserved, RateIn: l.RateIn, RateOut: l.RateOut,
	}
}

// TrunkState is a request to disable or enable a trunk.
type TrunkState struct {
	Disabled bool `json:"disabled"`
}
