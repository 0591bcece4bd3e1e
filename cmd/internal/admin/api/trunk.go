package api

import "strowger/sip/carrier"

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
}

// TrunkState is a request to disable or enable a trunk.
type TrunkState struct {
	Disabled bool `json:"disabled"`
}
