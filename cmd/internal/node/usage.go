package node

import (
	"time"

	"strowger/dialplan/service"
	"strowger/sip/security"
	"strowger/sip/usage"
)

// usageTick is how exactly the minutes of calls that go on are counted.
const usageTick = 30 * time.Second

// policy is what a tenant's seats may call.
func (n *Node) policy(tenant string) *service.Policy {
	if t := n.Admission.Tenant(tenant); t != nil {
		return t.Service
	}
	return nil
}

// tollAlarm tells of a party that calls more than its tenant states.
func (n *Node) tollAlarm(now time.Time, u usage.Use) {
	n.log.Warn("a party calls more than is stated within an hour; look whether it is fraud, and stop it with: strowger seat disable NUMBER",
		"tenant", u.Tenant, "party", u.Party, "destination", u.Destination,
		"calls", u.Calls, "stated_calls", u.MaxCalls, "minutes", u.Minutes, "stated_minutes", u.MaxMinutes)
	n.Events.Report(now, security.Event{Kind: security.TollAlarm, Tenant: u.Tenant, User: u.Party, Detail: u.Destination})
}
